import { type Measures, Meter, sum } from './measures';
import type { Policy } from './policies/policy';
import { Random } from './random';
import { type Demand, TICK_MS } from './trace/demand';
import { Cluster } from './world/cluster';
import type { Physics } from './world/physics';

const DAY_TICKS = 86_400;
/** A point of the plot, and the players that the first size is chosen for. */
const MINUTE_TICKS = 60;

/** One minute of a run, for the plot. */
export interface Point {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly demand: number;
  /** What the open nodes should hold, in players. */
  readonly capacity: number;
  readonly open: number;
  readonly booting: number;
  readonly draining: number;
  readonly waiting: number;
  readonly over: number;
}

/** Something that was decided and done. */
export interface Noted {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
}

export interface Outcome {
  readonly measures: Measures;
  /** The same by day from the beginning of the trace. */
  readonly days: readonly Measures[];
  readonly points: readonly Point[];
  readonly notes: readonly Noted[];
}

export interface RunOptions {
  readonly demand: Demand;
  readonly physics: Physics;
  readonly policy: Policy;
  /** Of boots and faults. */
  readonly seed: number;
  /** Of one node and hour. */
  readonly pricePerHour: number;
}

/** Plays a trace through. The same options give the same outcome. */
export function run({ demand, physics, policy, seed, pricePerHour }: RunOptions): Outcome {
  const random = new Random(seed);
  const nodes = policy.first(Math.max(...demand.concurrent.subarray(0, MINUTE_TICKS)));
  const cluster = new Cluster({ demand, physics, random, refuse: policy.refuse, nodes });
  const meter = new Meter(cluster, pricePerHour);
  const points: Point[] = [];
  const notes: Noted[] = [];
  const days: Measures[] = [];
  let over = 0;
  for (let tick = 0; tick < demand.ticks; tick++) {
    cluster.step(tick);
    policy.step(cluster, (kind, text) => notes.push({ atMs: cluster.nowMs, kind, text }));
    over = Math.max(over, meter.tick());
    if (tick % MINUTE_TICKS === 0) {
      points.push(pointOf(cluster, over));
      over = 0;
    }
    if ((tick + 1) % DAY_TICKS === 0 || tick + 1 === demand.ticks) days.push(meter.take());
  }
  return { measures: sum(days), days, points, notes };
}

function pointOf(cluster: Cluster, over: number): Point {
  const { nodes, demand, tick, open, physics, players } = cluster;
  let booting = 0;
  let draining = 0;
  for (const { health, phase } of nodes) {
    if (phase !== 'open') draining += 1;
    else if (health === 'booting') booting += 1;
  }
  return {
    atMs: demand.startMs + tick * TICK_MS,
    demand: demand.concurrent[tick] ?? 0,
    capacity: open * physics.capacity,
    ...{ open, booting, draining, waiting: players.waiting, over },
  };
}
