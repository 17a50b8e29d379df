import type { Demand } from '../trace/demand';
import { TICK_MS } from '../trace/demand';
import type { Placement } from './placement';
import type { SimNode } from './sim-node';

/** Not on any node; sessions' nodes are their index otherwise. */
const NOWHERE = -1;
const NOBODY = -1;

/** Somebody who waits for room. */
interface Waiter {
  readonly session: number;
  /** Gives up then. */
  readonly untilTick: number;
  /** How long the stay will be; null: it ends when it would have, as it had begun before its node was lost. */
  readonly leftTicks: number | null;
}

export interface PlayersOptions {
  readonly demand: Demand;
  readonly placement: Placement;
  readonly node: (index: number) => SimNode | undefined;
  /** Whether a full node refuses, as ours do; others take whom their load balancer sends. */
  readonly refuse: boolean;
  readonly retryMs: number;
  readonly patienceMs: number;
}

/** The players: who is where, who waits, and when each leaves. Numbers in typed arrays, as there are millions. */
export class Players {
  /** Joins that found no room at first. */
  refused = 0;
  /** The same since the decisions last asked; each further attempt counts, as it does in production. */
  refusedAnew = 0;
  /** Players who waited so long for room that they gave up. */
  gaveUp = 0;
  readonly #options: PlayersOptions;
  readonly #where: Int32Array;
  /** The first session that ends in each tick, and the next one after each session. */
  readonly #ending: Int32Array;
  readonly #next: Int32Array;
  readonly #endsAt: Int32Array;
  /** In order. */
  #waiting: Waiter[] = [];

  constructor(options: PlayersOptions) {
    this.#options = options;
    const { ticks, stay } = options.demand;
    this.#where = new Int32Array(stay.length).fill(NOWHERE);
    this.#endsAt = new Int32Array(stay.length);
    this.#next = new Int32Array(stay.length).fill(NOBODY);
    this.#ending = new Int32Array(ticks + 1).fill(NOBODY);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** One second: some leave, those who wait ask again, others come. */
  step(tick: number): void {
    const { demand, retryMs } = this.#options;
    this.#leave(tick);
    const every = Math.max(1, Math.round(retryMs / TICK_MS));
    if (this.#waiting.length > 0 && tick % every === 0) this.#askAgain(tick);
    const last = demand.firstOf[tick + 1] ?? 0;
    for (let session = demand.firstOf[tick] ?? 0; session < last; session++) {
      const stay = demand.stay[session] ?? 1;
      if (this.#join(session, tick, stay)) continue;
      this.refused += 1;
      const untilTick = tick + Math.round(this.#options.patienceMs / TICK_MS);
      this.#waiting.push({ session, untilTick, leftTicks: stay });
    }
  }

  /** Everybody on this node loses the connection, and comes back at once for the rest of the stay; returns how many. */
  scatter(node: SimNode, tick: number): number {
    const { demand } = this.#options;
    const scattered: number[] = [];
    const upTo = demand.firstOf[tick + 1] ?? 0;
    for (let session = 0; session < upTo; session++) if (this.#where[session] === node.index) scattered.push(session);
    node.sessions = 0;
    for (const session of scattered) {
      // It stays in the list of those who end when it would have: only its node is another.
      if (this.#seat(session)) continue;
      this.#where[session] = NOWHERE;
      this.refused += 1;
      this.#waiting.push({ session, untilTick: this.#endsAt[session] ?? 0, leftTicks: null });
    }
    return scattered.length;
  }

  #leave(tick: number): void {
    const { node, placement } = this.#options;
    for (let session = this.#ending[tick] ?? NOBODY; session !== NOBODY; session = this.#next[session] ?? NOBODY) {
      const left = node(this.#where[session] ?? NOWHERE);
      this.#where[session] = NOWHERE;
      if (left === undefined) continue;
      left.sessions -= 1;
      placement.changed(left);
    }
  }

  #askAgain(tick: number): void {
    const still: Waiter[] = [];
    for (const waiter of this.#waiting) {
      const { session, leftTicks, untilTick } = waiter;
      if (untilTick <= tick) this.gaveUp += 1;
      else if (!(leftTicks === null ? this.#seat(session) : this.#join(session, tick, leftTicks))) still.push(waiter);
    }
    this.#waiting = still;
  }

  #join(session: number, tick: number, stay: number): boolean {
    if (!this.#seat(session)) return false;
    const endsAt = tick + stay;
    this.#endsAt[session] = endsAt;
    if (endsAt >= this.#ending.length) return true;
    this.#next[session] = this.#ending[endsAt] ?? NOBODY;
    this.#ending[endsAt] = session;
    return true;
  }

  #seat(session: number): boolean {
    const { placement, refuse } = this.#options;
    const node = placement.best();
    if (node === undefined || (refuse && node.sessions >= node.capacity)) {
      this.refusedAnew += 1;
      return false;
    }
    node.sessions += 1;
    placement.changed(node);
    this.#where[session] = node.index;
    return true;
  }
}
