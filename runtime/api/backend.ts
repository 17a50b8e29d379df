import type { ClusterOrders, Maintenance } from '../core/orders/standing';
import type { AssignReply, FinishReply, RoomReply } from '../core/protocol/rest';
import type { ClusterSnapshot, NodeSnapshot } from '../core/snapshot';

/** What the routes hand their validated input to. Each method rejects with a `FleetError`, or `RegistryUnavailable`. */
export interface Assigner {
  /** A place on a lobby node. With the same idempotency key the same answer comes again while its ticket is valid. */
  lobby(playerId: string, idempotencyKey?: string): Promise<AssignReply>;
  /** The same for any cluster whose nodes are joined without a room. */
  join(cluster: string, playerId: string, idempotencyKey?: string): Promise<AssignReply>;
  /** The room's game node; the same for all members, however often asked. */
  start(roomId: string, matchToken: string): Promise<AssignReply>;
  /** Ends this player's part in the room; may be repeated. */
  finish(roomId: string, matchToken: string, result?: unknown): Promise<FinishReply>;
  room(roomId: string): Promise<RoomReply>;
}

/** A node as operators are shown it. */
export interface ShownNode extends Omit<NodeSnapshot, 'pending'> {
  /** Reservations that have not arrived; null while nobody can say. */
  readonly pending: number | null;
}

export interface ShownCluster extends Omit<ClusterSnapshot, 'nodes'> {
  readonly nodes: readonly ShownNode[];
  /** Id of the balancer that owns it; null while nobody does, or nobody can say. */
  readonly owner: string | null;
  /** Of the owner. */
  readonly epoch: number | null;
  /** What operators want of it. */
  readonly orders: ClusterOrders;
}

/** What is known of the clusters now; the balancer's view. */
export interface ClusterReader {
  clusters(): readonly string[];
  /** Undefined until the cluster was looked at for the first time. */
  snapshot(cluster: string): ShownCluster | undefined;
  /** Null when there never was any. */
  maintenance(): Maintenance | null;
}

/** The balancer's recent events. */
export interface EventReader {
  /** Events with an id above `id`, oldest first, `limit` at most. */
  after(id: number, limit: number): readonly object[];
}
