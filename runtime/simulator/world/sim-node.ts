import type { Phase } from '../../core/protocol/agent';
import type { ScalingNode } from '../../core/scaling/types';
import type { Health } from '../../core/snapshot';

/** One simulated instance; at the same time what the decisions see of it, so that no second of a day copies a thousand of them. */
export class SimNode implements ScalingNode {
  readonly nodeId: string;
  readonly zone: string;
  readonly version = 'v1';
  readonly capacity: number;
  readonly launchedAtMs: number;
  /** When it takes players; never, when it does not come up. */
  readonly upAtMs: number;
  health: Health = 'booting';
  phase: Phase = 'open';
  leaving = false;
  /** Last choice for joins. */
  spare = false;
  sessions = 0;
  readonly pending = 0;
  silentMs = 0;
  /** Since when it does not answer; null while it does. */
  silentSinceMs: number | null = null;
  /** When its machine is taken away; null: never. */
  endsAtMs: number | null = null;
  /** When who is still there is forced to end; null: never. */
  forcedAtMs: number | null = null;
  /** Its place among the nodes that take joins; -1 when it does not. */
  place = -1;
  /** Its place among all; grows, and is never given again. */
  readonly index: number;

  constructor(index: number, zone: string, capacity: number, launchedAtMs: number, upAtMs: number) {
    this.index = index;
    this.nodeId = `n${index}`;
    this.zone = zone;
    this.capacity = capacity;
    this.launchedAtMs = launchedAtMs;
    this.upAtMs = upAtMs;
  }

  get load(): number {
    return this.sessions;
  }
}
