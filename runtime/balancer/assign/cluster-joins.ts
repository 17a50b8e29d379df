import { FleetError } from '../../core/errors';
import type { AssignReply } from '../../core/protocol/rest';
import { CoalescingSeats } from '../../registry/coalescing';
import type { ReserveOptions, ReserveRequest, ReserveResult, SeatRegistry } from '../../registry/types';
import type { ClusterView } from '../watch/view';
import type { Refusal, Seat } from './assigner';

/** A cluster that players join without a room. */
export interface JoinedCluster {
  readonly cluster: string;
  readonly seats: Pick<SeatRegistry, 'reserve'>;
}

/** A place that was reserved, for which a ticket is to be signed. */
export interface Place {
  readonly playerId: string;
  readonly nodeId: string;
  readonly startId: string;
  readonly rid: string;
  readonly ticketExpiresAtMs: number;
}

interface JoinsOptions extends JoinedCluster {
  readonly view: Pick<ClusterView, 'node' | 'joinable' | 'excluded'>;
  readonly newId: () => string;
  readonly reserveOptions: (exclude: readonly string[]) => ReserveOptions;
  readonly reply: (seat: Seat, endpoint: string) => AssignReply;
  /** Writes the refusal down, and makes the error of it. */
  readonly refused: (cluster: string, code: Refusal) => FleetError;
}

/** A node that fell silent after the registry's last refresh is tried around this often; then the caller is to come back. */
const ATTEMPTS = 3;

/** The joins of one cluster. */
export class ClusterJoins {
  readonly #options: JoinsOptions;
  /** Joins of one event-loop turn share a script call. */
  readonly #coalescing: CoalescingSeats;

  constructor(options: JoinsOptions) {
    this.#options = options;
    const { seats, view, cluster, reserveOptions } = options;
    this.#coalescing = new CoalescingSeats(seats, () => reserveOptions(view.excluded(cluster)));
  }

  async join(playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    const { cluster, view, reply, refused } = this.#options;
    const unfit: string[] = [];
    while (unfit.length < ATTEMPTS) {
      const placed = await this.#reserve(playerId, idempotencyKey, unfit);
      if (!placed.ok) {
        if (placed.code !== 'IDEMPOTENCY_KEY_REUSED') throw refused(cluster, placed.code);
        throw new FleetError(placed.code, { field: 'header.idempotency-key' });
      }
      const { nodeId, startId, ticketExpiresAtMs } = placed;
      const node = view.node(cluster, nodeId);
      const rid = placed.rids[0];
      if (node !== undefined && rid !== undefined && view.joinable(cluster, nodeId, startId)) {
        // The ticket's own id is that of the seat, so that a replay gives the identical ticket, which still works only once.
        return reply({ playerId, nodeId, startId, rid, jti: rid, ticketExpiresAtMs }, node.endpoint);
      }
      unfit.push(nodeId);
    }
    throw refused(cluster, 'BUSY');
  }

  #reserve(playerId: string, idempotencyKey: string | undefined, unfit: readonly string[]): Promise<ReserveResult> {
    const { cluster, seats, view, newId, reserveOptions } = this.#options;
    const rids = [newId()];
    const request: ReserveRequest =
      idempotencyKey === undefined
        ? { rids }
        : { rids, idempotency: { key: `join/${idempotencyKey}`, fingerprint: playerId } };
    if (unfit.length === 0) return this.#coalescing.reserve(request);
    return seats.reserve([request], reserveOptions([...view.excluded(cluster), ...unfit])).then(([result]) => {
      if (result === undefined) throw new Error('the registry left a request without an answer');
      return result;
    });
  }
}
