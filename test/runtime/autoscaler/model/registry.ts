import type { Stored } from '../../../../runtime/autoscaler';
import type { Direction } from '../../../../runtime/core/scaling/types';
import type { NodeUpdate } from '../../../../runtime/registry/types';

export type Standing = NodeUpdate['standing'];

/** What Redis holds of the cluster. Its clock is the true time. */
export class ModelRegistry {
  standings = new Map<string, Standing>();
  /** Joins refused as FULL since the autoscaler last asked. */
  refused = 0;
  #state: string | null = null;
  #stamps: Record<Direction, number | null>;

  constructor(nowMs: number) {
    this.#stamps = { out: nowMs, in: nowMs };
  }

  load(nowMs: number): Stored {
    const { refused } = this;
    this.refused = 0;
    const ago = (stampMs: number | null): number | null => (stampMs === null ? null : nowMs - stampMs);
    return { state: this.#state, outAgoMs: ago(this.#stamps.out), inAgoMs: ago(this.#stamps.in), refused };
  }

  save(state: string, stamps: readonly Direction[], nowMs: number): void {
    this.#state = state;
    for (const direction of stamps) this.#stamps[direction] = nowMs;
  }

  /** Takes a node out of the joins until the next refresh. */
  suspend(nodeId: string): void {
    const standing = this.standings.get(nodeId);
    if (standing === 'green' || standing === 'held') this.standings.set(nodeId, 'suspect');
  }

  /** Everything is lost. */
  wipe(): void {
    this.standings = new Map();
    this.#state = null;
    this.#stamps = { out: null, in: null };
  }
}
