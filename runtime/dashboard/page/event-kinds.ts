/** What an event is about, for the filter. */
export const ABOUT = {
  health: 'Health of nodes',
  scaling: 'Scaling',
  owners: 'Owners and balancers',
  registry: 'Redis',
  operators: 'Operators',
  other: 'Other',
} as const;
export type About = keyof typeof ABOUT;

const PREFIXES: readonly (readonly [RegExp, About])[] = [
  [/^order-/, 'operators'],
  [/^(node|mass-failure)-/, 'health'],
  [/^scaling-/, 'scaling'],
  [/^(cluster|peer|balancer)-/, 'owners'],
  [/^(registry|rooms|redis)-/, 'registry'],
];

export function aboutOf(kind: string): About {
  return PREFIXES.find(([prefix]) => prefix.test(kind))?.[1] ?? 'other';
}

/** How bad it is: chooses the colour, and what is read out. */
export type Weight = 'bad' | 'good' | 'plain';

const BAD = /-(red|suspect|held|evicted|silent|lost|failed|unavailable|given-up|began|missing|errors)$/;
const GOOD = /-(green|back|ended|owned|relied-on|known|there)$/;

export function weightOf(kind: string): Weight {
  return BAD.test(kind) ? 'bad' : GOOD.test(kind) ? 'good' : 'plain';
}

/** What an operator is to hear at once: the bad, and what changes the fleet or its owners. */
export function isNotable(kind: string): boolean {
  return weightOf(kind) === 'bad' || /^(order|cluster|mass-failure)-|^scaling-grow$/.test(kind);
}
