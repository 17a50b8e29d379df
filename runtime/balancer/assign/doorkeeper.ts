import type { Assigner } from '../../api/backend';
import { type AdmissionState, admit, NOBODY_WAITS } from '../../core/admission';
import { FleetError } from '../../core/errors';
import type { Maintenance } from '../../core/orders/standing';
import type { AssignReply, FinishReply, RoomReply } from '../../core/protocol/rest';
import type { ClusterView } from '../watch/view';

export interface DoorkeeperOptions {
  readonly assigner: Assigner;
  readonly lobby: string;
  readonly view: Pick<ClusterView, 'snapshot'>;
  readonly maintenance: () => Maintenance | null;
  /** How many balancers let players in. */
  readonly balancers: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** After a maintenance a cluster may fill up in this time, in seconds, or faster. */
const FILL_S = 60;
/** The least joins a second that are let in after a maintenance. */
const LEAST_PER_S = 10;

/** Keeps new players out during a maintenance, and lets them in slowly after it. Rooms that are matched are started and finished as ever. */
export class Doorkeeper implements Assigner {
  readonly #options: DoorkeeperOptions;
  readonly #states = new Map<string, AdmissionState>();

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
  }

  async lobby(playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    this.#check(this.#options.lobby);
    return this.#options.assigner.lobby(playerId, idempotencyKey);
  }

  async join(cluster: string, playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    this.#check(cluster);
    return this.#options.assigner.join(cluster, playerId, idempotencyKey);
  }

  start(roomId: string, matchToken: string): Promise<AssignReply> {
    return this.#options.assigner.start(roomId, matchToken);
  }

  finish(roomId: string, matchToken: string, result?: unknown): Promise<FinishReply> {
    return this.#options.assigner.finish(roomId, matchToken, result);
  }

  room(roomId: string): Promise<RoomReply> {
    return this.#options.assigner.room(roomId);
  }

  /** @throws FleetError MAINTENANCE */
  #check(cluster: string): void {
    const { maintenance, view, balancers, now } = this.#options;
    const standing = maintenance();
    const snapshot = standing === null ? undefined : view.snapshot(cluster);
    // A cluster that there is not is refused by who knows what to say.
    if (standing === null || snapshot === undefined) return;
    const joinable = snapshot.nodes.filter(({ health, phase }) => health === 'green' && phase === 'open');
    const capacity = joinable.reduce((sum, node) => sum + node.capacity, 0);
    const ratePerS = Math.max(LEAST_PER_S, capacity / FILL_S) / balancers;
    const before = this.#states.get(cluster) ?? NOBODY_WAITS;
    const { state, retryAfterMs } = admit(before, standing, ratePerS, now());
    this.#states.set(cluster, state);
    if (retryAfterMs !== null) throw new FleetError('MAINTENANCE', { retryAfterMs, ...detailOf(standing) });
  }
}

function detailOf({ on, untilMs }: Maintenance): { detail?: string } {
  if (!on) return { detail: 'it is over, and players are let in a few at a time' };
  return untilMs === null ? {} : { detail: `expected to end at ${new Date(untilMs).toISOString()}` };
}
