import { seededRandom } from '../../runtime/core/random';

/**
 * A fault. `target` is a part (`balancer-a`, `redis`, or the nth node of those that run then, `game#3`), or what lies between two
 * (`balancer-a→redis`, `balancers→balancers`, `players→game#3`).
 *
 * - `kill` (SIGKILL; who runs it starts another, which for a balancer hangs for the rest of `forMs`; Redis cannot be reached for that long,
 *   and comes back empty), `pause` (SIGSTOP, then SIGCONT), `flush` (Redis is emptied)
 * - `cut` (connections are reset), `refuse` (new ones too), `delay` (by `delayMs`), `half-open` (all is swallowed)
 */
export interface Fault {
  /** From the begin of the run, in milliseconds. */
  readonly atMs: number;
  readonly what: 'kill' | 'pause' | 'flush' | 'cut' | 'refuse' | 'delay' | 'half-open';
  readonly target: string;
  /** In milliseconds; 0: over at once. */
  readonly forMs: number;
  readonly delayMs?: number;
}

export interface MixOptions {
  readonly seed: number;
  /** The last fault is over by then, in milliseconds. */
  readonly durationMs: number;
  /** With faults of Redis itself. */
  readonly redis: boolean;
}

/** Mean pause between the begins of two faults, in milliseconds, and the least. */
const MEAN_PAUSE_MS = 7_000;
const LEAST_PAUSE_MS = 1_000;
/** The first comes after this, in milliseconds: the players are there by then. */
const FIRST_MS = 5_000;
/** Faults that are there at once. */
const MOST_AT_ONCE = 3;

type Kind = readonly [weight: number, what: Fault['what'], targets: readonly string[], longestMs: number];

const BALANCERS = ['balancer-a', 'balancer-b'];
const NODES = ['lobby', 'game'];

const KINDS: readonly Kind[] = [
  [2, 'kill', BALANCERS, 0],
  [2, 'kill', BALANCERS, 15_000],
  [4, 'kill', NODES, 0],
  [3, 'pause', BALANCERS, 30_000],
  [4, 'pause', NODES, 30_000],
  ...paths(['balancer-a→redis', 'balancer-b→redis', 'balancers→redis', 'lobby→redis']),
  ...paths(['balancer-a→balancer-b', 'balancer-b→balancer-a', 'balancers→balancers']),
  ...paths(BALANCERS.flatMap((balancer) => NODES.map((node) => `${balancer}→${node}`))),
  ...paths(NODES.map((node) => `balancers→${node}`)),
  ...paths(NODES.map((node) => `players→${node}`)),
  ...paths(['balancer-a→fleet', 'balancer-b→fleet']),
];

const REDIS_KINDS: readonly Kind[] = [
  [2, 'kill', ['redis'], 10_000],
  [2, 'pause', ['redis'], 10_000],
  [2, 'flush', ['redis'], 0],
];

function paths(targets: readonly string[]): Kind[] {
  return [
    [1, 'cut', targets, 0],
    [1, 'refuse', targets, 20_000],
    [1, 'delay', targets, 20_000],
    [1, 'half-open', targets, 20_000],
  ];
}

/** A random mix of faults, the same for the same options. Pure. */
export function randomMix({ seed, durationMs, redis }: MixOptions): Fault[] {
  const random = seededRandom(seed);
  const kinds = redis ? [...KINDS, ...REDIS_KINDS] : KINDS;
  const faults: Fault[] = [];
  const pauseMs = () => Math.max(LEAST_PAUSE_MS, -Math.log(1 - random()) * MEAN_PAUSE_MS);
  for (let atMs = FIRST_MS; atMs < durationMs; atMs += pauseMs()) {
    const fault = randomFault(Math.round(atMs), kinds, random);
    const there = faults.filter((other) => other.atMs + other.forMs >= fault.atMs);
    const isTwice = there.some((other) => shares(other.target, fault.target));
    if (isTwice || there.length >= MOST_AT_ONCE || fault.atMs + fault.forMs > durationMs) continue;
    faults.push(fault);
  }
  return faults;
}

function randomFault(atMs: number, kinds: readonly Kind[], random: () => number): Fault {
  const pick = <T>(list: readonly T[], otherwise: T): T => list[Math.floor(random() * list.length)] ?? otherwise;
  const [what, targets, longestMs] = weighted(kinds, random());
  const target = pick(targets, 'redis').replace(/(lobby|game)$/, `$1#${Math.floor(random() * 8)}`);
  const forMs = longestMs === 0 ? 0 : Math.round(1_000 + random() * (longestMs - 1_000));
  return {
    atMs,
    what,
    target,
    forMs,
    ...(what === 'delay' ? { delayMs: Math.round(50 + random() ** 2 * 2_950) } : {}),
  };
}

function weighted(kinds: readonly Kind[], at: number): [Fault['what'], readonly string[], number] {
  let left = at * kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, what, targets, longestMs] of kinds) {
    left -= weight;
    if (left < 0) return [what, targets, longestMs];
  }
  return ['kill', ['balancer-a'], 0];
}

/** Two faults of the same connection would end each other. */
function shares(one: string, other: string): boolean {
  const machines = (target: string) => target.replace(/balancers|balancer-[ab]/g, 'balancer').replace(/#\d+/, '');
  return one === other || (one.includes('→') && machines(one) === machines(other));
}

/** For people: `pause game#3 for 12.3 s`. */
export function describeFault({ what, target, forMs, delayMs }: Fault): string {
  const by = delayMs === undefined ? '' : ` by ${delayMs} ms`;
  return `${what} ${target}${by}${forMs === 0 ? '' : ` for ${(forMs / 1_000).toFixed(1)} s`}`;
}
