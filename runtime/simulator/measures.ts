import { TICK_MS } from './trace/demand';
import type { Cluster } from './world/cluster';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What a run cost and what players felt; counted from the instances and the players, not by who decides. */
export interface Measures {
  /** From each launch to its termination. */
  readonly nodeHours: number;
  readonly cost: number;
  /** Nodes that hold more players than they should; of the open nodes as many count as players wait for room. */
  readonly nodeMinutesOver: number;
  /** Players above what their nodes should hold, and players who wait. */
  readonly connectionMinutesOver: number;
  /** Joins that found no room at first. */
  readonly refused: number;
  /** Of those, players who waited so long that they went away. */
  readonly gaveUp: number;
  /** Sessions that a decision forced to end. */
  readonly cutOff: number;
  /** Sessions that crashes and interruptions ended. */
  readonly lost: number;
  readonly launches: number;
}

type Totals = { -readonly [K in keyof Measures]: Measures[K] };

/** Sums up a run while it goes on. */
export class Meter {
  readonly #cluster: Cluster;
  readonly #pricePerHour: number;
  #overNodeMs = 0;
  #overPlayerMs = 0;
  #before: Totals;

  /** @param pricePerHour of one node. */
  constructor(cluster: Cluster, pricePerHour: number) {
    this.#cluster = cluster;
    this.#pricePerHour = pricePerHour;
    this.#before = this.#totals();
  }

  /** After each second; returns the nodes that are over capacity now. */
  tick(): number {
    const { players, nodes, open } = this.#cluster;
    let over = 0;
    let excess = players.waiting;
    for (const { sessions, capacity } of nodes) {
      if (sessions <= capacity) continue;
      over += 1;
      excess += sessions - capacity;
    }
    // Put on the least loaded nodes, each of those who wait would be one too many on another node.
    over = Math.max(over, Math.min(players.waiting, Math.max(open, 1)));
    this.#overNodeMs += over * TICK_MS;
    this.#overPlayerMs += excess * TICK_MS;
    return over;
  }

  /** Since the last call, or the beginning. */
  take(): Measures {
    const now = this.#totals();
    const since = { ...now };
    for (const key of Object.keys(now) as (keyof Totals)[]) since[key] = now[key] - this.#before[key];
    this.#before = now;
    return since;
  }

  #totals(): Totals {
    const { tally, players } = this.#cluster;
    const nodeHours = tally.instanceMs / HOUR_MS;
    return {
      nodeHours,
      cost: nodeHours * this.#pricePerHour,
      nodeMinutesOver: this.#overNodeMs / MINUTE_MS,
      connectionMinutesOver: this.#overPlayerMs / MINUTE_MS,
      refused: players.refused,
      gaveUp: players.gaveUp,
      cutOff: tally.cutOff,
      lost: tally.lost,
      launches: tally.launches,
    };
  }
}

/** The sum of several days. */
export function sum(days: readonly Measures[]): Measures {
  const [first, ...others] = days;
  if (first === undefined) throw new Error('no day to sum up');
  const total: Totals = { ...first };
  for (const day of others) for (const key of Object.keys(total) as (keyof Totals)[]) total[key] += day[key];
  return total;
}
