/** An event of the fleet, as far as a message needs it. */
export interface NotedEvent {
  readonly kind: string;
  readonly cluster?: string;
  readonly nodeId?: string;
  /** Why, for a person to read. */
  readonly reason: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** The balancer that saw or did it. @default not known */
  readonly balancerId?: string;
  /** The operator who ordered it. @default nobody did */
  readonly by?: string;
}

/** How much it matters: `critical` is told although hardly a message is left, `good` is the end of a trouble. */
export type Level = 'critical' | 'warning' | 'info' | 'good';

interface Headline {
  readonly title: string;
  readonly level: Level;
}

const headline = (level: Level, title: string): Headline => ({ level, title });

const HEADLINES: Readonly<Record<string, Headline>> = {
  'node-red': headline('warning', 'Node dead'),
  'node-evicted': headline('warning', 'Node evicted'),
  'mass-failure-began': headline('critical', 'Most nodes are silent'),
  'mass-failure-ended': headline('good', 'The nodes answer again'),
  'cluster-lost': headline('warning', 'Ownership lost'),
  'peer-silent': headline('warning', 'The other balancer is silent'),
  'peer-back': headline('good', 'The other balancer is back'),
  'registry-given-up': headline('critical', 'Redis is lost'),
  'registry-relied-on': headline('good', 'Redis is back'),
  'api-errors': headline('warning', 'The API failed'),
  'order-done': headline('good', "Operator's order done"),
  'scaling-undrain': headline('info', 'Node taken back'),
  'scaling-terminate': headline('info', 'Node ended'),
  'scaling-replace': headline('warning', 'Node did not come up, to be replaced'),
  'scaling-failed': headline('warning', 'Scaling failed'),
};

const AT_MAXIMUM = headline('critical', 'At the maximum');
const EMERGENCY = headline('critical', 'Emergency scale-out');
const SCALE_OUT = headline('info', 'Scale-out');
const SCALE_IN = headline('info', 'Scale-in');
const FAIL_OVER = headline('warning', 'Fail-over');
const FAIL_BACK = headline('good', 'Fail-back');
const GROW: Readonly<Record<string, Headline>> = {
  emergency: EMERGENCY,
  roll: headline('info', 'Rolling replacement: new nodes'),
};
const DRAIN: Readonly<Record<string, Headline>> = {
  roll: headline('info', 'Rolling replacement: old nodes drain'),
  drain: headline('info', 'Node drains'),
};

/** Every title that there is but those of orders, `Operator: …`. */
export const TITLES: readonly string[] = [
  ...[HEADLINES, GROW, DRAIN].flatMap((headlines) => Object.values(headlines)),
  ...[AT_MAXIMUM, SCALE_OUT, SCALE_IN, FAIL_OVER, FAIL_BACK],
].map(({ title }) => title);

/** Both balancers see these of every node: the owner of the cluster tells them. */
const SEEN_BY_BOTH: ReadonlySet<string> = new Set([
  ...['node-red', 'node-evicted', 'mass-failure-began', 'mass-failure-ended'],
]);

/** How the kinds of what operators do begin. */
const ORDER = 'order-';

/** Whether an operator did it. */
export function isOrder(kind: string): boolean {
  return kind.startsWith(ORDER);
}

/** What is written above the event; null for one that is no message. */
export function headlineOf({ kind, reason, details = {} }: NotedEvent): Headline | null {
  const rule = String(details.rule);
  if (isOrder(kind)) return HEADLINES[kind] ?? headline('info', `Operator: ${kind.slice(ORDER.length)}`);
  if (kind === 'scaling-grow') return GROW[rule] ?? SCALE_OUT;
  if (kind === 'scaling-drain') return DRAIN[rule] ?? SCALE_IN;
  if (kind === 'scaling-unchanged') return AT_MAXIMUM_CODES.has(String(details.code)) ? AT_MAXIMUM : null;
  if (kind === 'cluster-owned') return ownedHeadline(details.home === true, reason);
  return HEADLINES[kind] ?? null;
}

/** See `core/scaling`: more nodes are wanted than there may be. */
const AT_MAXIMUM_CODES: ReadonlySet<string> = new Set(['at-maximum', 'ceiling']);

/** A balancer that owns its home is as it should be; what took it from there, or brings it back, is told. */
function ownedHeadline(home: boolean, reason: string): Headline | null {
  if (!home) return FAIL_OVER;
  return reason.includes('handed') ? FAIL_BACK : null;
}

/** Whether the owner of the cluster tells it, as the other balancer sees the same. */
export function seenByBoth({ kind, cluster }: NotedEvent): boolean {
  return cluster !== undefined && SEEN_BY_BOTH.has(kind);
}
