/**
 * Names of all keys. Those of one cluster share the hash tag `{STACK:CLUSTER}`, so that they sit on one shard and one script
 * may touch them all. Nothing else in the project spells a key.
 */
export function clusterTag(stack: string, cluster: string): string {
  return `{${stack}:${cluster}}`;
}

/** String, empty: balancers write it to see whether the registry works. */
export function askedKey(stack: string): string {
  return `${clusterTag(stack, 'balancers')}:asked`;
}

/** Hash: `orders`, what operators ordered and what lasts, as JSON; `rev`, its revision. */
export function ordersKey(stack: string): string {
  return `${clusterTag(stack, 'balancers')}:orders`;
}

/** What happened, as both balancers tell it. */
interface EventKeys {
  /** Stream: entries `N-0` with the field `e`, an event as JSON. */
  readonly events: string;
  /** String with a time to live: the last number of this writer's that is in the stream. */
  readonly written: string;
}

/** @param writer one start of one balancer. */
export function eventKeys(stack: string, writer: string): EventKeys {
  const tag = clusterTag(stack, 'balancers');
  return { events: `${tag}:events`, written: `${tag}:events:written:${writer}` };
}

/** String with a time to live: when a balancer's last messages to Slack were sent (JSON, Unix milliseconds). @param side which of the two. */
export function messagesKey(stack: string, side: string): string {
  return `${clusterTag(stack, 'balancers')}:messages:${side}`;
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

/** Who owns a cluster. */
export interface LeaseKeys {
  /** String with a time to live: owner and epoch, separated by a space. */
  readonly lease: string;
  /** The same as in `SeatKeys`. */
  readonly epoch: string;
}

export function leaseKeys(stack: string, cluster: string): LeaseKeys {
  const tag = clusterTag(stack, cluster);
  return { lease: `${tag}:lease`, epoch: `${tag}:epoch` };
}

/** What the autoscaler remembers of a cluster. */
export interface ScalingKeys {
  /** The same as in `SeatKeys`. */
  readonly epoch: string;
  /**
   * Hash: `state` (JSON), and when the last scale-out and scale-in began, `out` and `in` (Unix milliseconds by Redis' clock); `refused`:
   * joins for which there was no room since the owner last looked.
   */
  readonly scaling: string;
}

export function scalingKeys(stack: string, cluster: string): ScalingKeys {
  const tag = clusterTag(stack, cluster);
  return { epoch: `${tag}:epoch`, scaling: `${tag}:scaling` };
}

/** String: the first answer to a request with this idempotency key (MessagePack; see scripts/reserve.n.ts). */
export function idempotencyKey(stack: string, cluster: string, key: string): string {
  return `${clusterTag(stack, cluster)}:idempotency:${key}`;
}

/** Whether the registry knows every room of a cluster; see scripts/lib/gathered.ts. */
export interface GatheredKeys {
  /** String: the Redis process that knows every live room, and the epoch under which they were gathered, separated by a space. */
  readonly gathered: string;
  /** The same of the process that does not know them all yet: every node was asked to report its rooms under this epoch. */
  readonly asked: string;
}

export function gatheredKeys(stack: string, cluster: string): GatheredKeys {
  const tag = clusterTag(stack, cluster);
  return { gathered: `${tag}:rooms:gathered`, asked: `${tag}:rooms:asked` };
}

/** Hash: one room; fields in scripts/lib/room.ts. */
export function roomKey(stack: string, cluster: string, roomId: string): string {
  return `${clusterTag(stack, cluster)}:room:${roomId}`;
}

/** What the match queue of a lobby cluster consists of. Every match script gets all six, in this order. */
export interface MatchKeys {
  /** Hash: player id → their record as JSON: `mode`, `pool`, `at` (place, Unix milliseconds), `conn`, and `room` when matched. */
  readonly players: string;
  /** Sorted set, all scores 0, read by name: `mode|pool|place|playerId` of the players who wait and were there when last seen. */
  readonly waiting: string;
  /** Sorted set: player id by when their lobby node last spoke for them (Unix milliseconds). */
  readonly heard: string;
  /** Hash: room id → the match as JSON: a `Match` with its `status`, and who acknowledged it and who was released. */
  readonly matches: string;
  /** Sorted set: room id by when it must be looked at again: dissolved, or forgotten (Unix milliseconds). */
  readonly due: string;
  /** Set: `mode|pool` of queues that got players back outside of ENTER: the next sweep matches them. */
  readonly touched: string;
}

export function matchKeys(stack: string, cluster: string): MatchKeys {
  const tag = clusterTag(stack, cluster);
  return {
    players: `${tag}:match:players`,
    waiting: `${tag}:match:waiting`,
    heard: `${tag}:match:heard`,
    matches: `${tag}:match:matches`,
    due: `${tag}:match:due`,
    touched: `${tag}:match:touched`,
  };
}
