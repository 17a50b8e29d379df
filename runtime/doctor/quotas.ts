/** How an instance is paid for. */
export type Market = 'on-demand' | 'spot';

/** Quotas of EC2 on the virtual processors of running instances: each family of types and each market has one. */
const QUOTAS: readonly { families: readonly string[]; name: string; codes: Readonly<Record<Market, string>> }[] = [
  {
    families: ['a', 'c', 'd', 'h', 'i', 'im', 'is', 'm', 'r', 't', 'z'],
    name: 'Standard',
    codes: { 'on-demand': 'L-1216C47A', spot: 'L-34B43A08' },
  },
  { families: ['g', 'gr', 'vt'], name: 'G and VT', codes: { 'on-demand': 'L-DB2E81BA', spot: 'L-3819A6DF' } },
  { families: ['x'], name: 'X', codes: { 'on-demand': 'L-7295265B', spot: 'L-E3A00192' } },
  { families: ['f'], name: 'F', codes: { 'on-demand': 'L-74FC7D96', spot: 'L-88CF9481' } },
  { families: ['p'], name: 'P', codes: { 'on-demand': 'L-417A185B', spot: 'L-7212CCBC' } },
];

export interface Quota {
  readonly code: string;
  /** E.g. `Standard, on-demand`. */
  readonly name: string;
}

/** The quota that counts instances of this type; null for a family that the doctor does not know. */
export function quotaOf(instanceType: string, market: Market): Quota | null {
  const [family = ''] = /^[a-z]+/.exec(instanceType) ?? [];
  const quota = QUOTAS.find(({ families }) => families.includes(family));
  return quota === undefined ? null : { code: quota.codes[market], name: `${quota.name}, ${market}` };
}
