/**
 * Names of all keys. Those of one cluster share the hash tag `{STACK:CLUSTER}`, so that they sit on one shard and one script
 * may touch them all. Nothing else in the project spells a key.
 */
export function clusterTag(stack: string, cluster: string): string {
  return `{${stack}:${cluster}}`;
}

/** What one cluster's seats consist of. */
export interface SeatKeys {
  /** String: the highest epoch that wrote here. */
  readonly epoch: string;
  /** Sorted set: nodes that take joins, by (sessions + pending) / weight; held nodes stand 1e9 higher. Anyone may read it. */
  readonly load: string;
  /** Hash: node id → what the owner last wrote of it, as JSON (`NodeUpdate` without arrivals). For readers. */
  readonly nodes: string;
  /** Hash: node id → `capacity weight window sessions standing startId`, separated by spaces: what placement needs, without JSON. */
  readonly state: string;
  /** Hash: node id → number of its members in `pending`. */
  readonly counts: string;
  /** Sorted set: reservations that have not arrived, `nodeId\nrid` by when they run out (Unix milliseconds). */
  readonly pending: string;
}

export function seatKeys(stack: string, cluster: string): SeatKeys {
  const tag = clusterTag(stack, cluster);
  return {
    epoch: `${tag}:epoch`,
    load: `${tag}:load`,
    nodes: `${tag}:nodes`,
    state: `${tag}:state`,
    counts: `${tag}:counts`,
    pending: `${tag}:pending`,
  };
}

/** String: the first answer to a request with this idempotency key (MessagePack; see scripts/reserve.n.ts). */
export function idempotencyKey(stack: string, cluster: string, key: string): string {
  return `${clusterTag(stack, cluster)}:idempotency:${key}`;
}

/** Hash: one room; fields in scripts/room-start.6.ts. */
export function roomKey(stack: string, cluster: string, roomId: string): string {
  return `${clusterTag(stack, cluster)}:room:${roomId}`;
}
