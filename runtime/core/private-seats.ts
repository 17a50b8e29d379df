import { FIRST_WINDOW, stepWindow } from './window';

/** What a poll of a node tells about its seats. */
export interface SeatNews {
  readonly nodeId: string;
  readonly startId: string;
  readonly sessions: number;
  readonly capacity: number;
  /** Reservations fulfilled. */
  readonly arrivals: readonly string[];
  /** The arrivals are all that are there, not only the new ones. */
  readonly full: boolean;
}

/** One start of a node. */
interface Node {
  readonly startId: string;
  sessions: number;
  window: number;
  /** Reservations that have not arrived, by when they run out; in that order. */
  readonly reserved: Map<string, number>;
}

/**
 * The seats of one cluster as one balancer knows them by itself: sessions and slow start from its own polls, and the reservations that
 * it made without the registry. A reservation ends by arrival, by its expiry, or with its node's start; each counts once.
 * Times are milliseconds of any clock.
 */
export class PrivateSeats {
  readonly #nodes = new Map<string, Node>();

  /** A node has answered a poll. */
  heard({ nodeId, startId, sessions, capacity, arrivals, full }: SeatNews, nowMs: number): void {
    const known = this.#nodes.get(nodeId);
    const node = known?.startId === startId ? known : { startId, sessions, window: FIRST_WINDOW, reserved: new Map() };
    if (node !== known) this.#nodes.set(nodeId, node);
    node.sessions = sessions;
    for (const rid of arrivals) node.reserved.delete(rid);
    let expired = 0;
    for (const [rid, untilMs] of node.reserved) {
      if (untilMs > nowMs) break;
      node.reserved.delete(rid);
      expired += 1;
    }
    node.window = stepWindow(node.window, { arrivals: full ? 0 : arrivals.length, expired, capacity });
  }

  /** What is known of this start of a node; null before it answered. `reserved`: our reservations that have not arrived. */
  of(
    nodeId: string,
    startId: string,
  ): { readonly sessions: number; readonly window: number; readonly reserved: number } | null {
    const node = this.#nodes.get(nodeId);
    if (node?.startId !== startId) return null;
    return { sessions: node.sessions, window: node.window, reserved: node.reserved.size };
  }

  /** Reserves a seat on a start that was heard of; one that is reserved already only lasts longer. `untilMs` never goes back. */
  hold(rid: string, nodeId: string, startId: string, untilMs: number): void {
    const node = this.#nodes.get(nodeId);
    if (node?.startId !== startId) return;
    node.reserved.delete(rid);
    node.reserved.set(rid, untilMs);
  }

  /** Forgets all nodes but these. */
  keep(nodeIds: ReadonlySet<string>): void {
    for (const nodeId of this.#nodes.keys()) if (!nodeIds.has(nodeId)) this.#nodes.delete(nodeId);
  }
}
