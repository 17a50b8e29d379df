import { randomUUID } from 'node:crypto';
import { type SeatKeys, seatKeys } from '../../../runtime/registry/keys';
import type { RedisRooms } from '../../../runtime/registry/rooms';
import type { ScriptedRedis } from '../../../runtime/registry/scripted-redis';
import { RedisSeats } from '../../../runtime/registry/seats';
import type { NodeUpdate, ReserveOptions } from '../../../runtime/registry/types';

export const spread: ReserveOptions = { ticketTtlMs: 15_000, exclude: [], policy: 'spread' };
export const pack: ReserveOptions = { ...spread, policy: 'pack' };
/** Tickets that expired long ago: the seats run out at the next refresh. */
export const overdue: ReserveOptions = { ...spread, ticketTtlMs: -60_000 };

export function nodeUpdate(nodeId: string, changes: Partial<NodeUpdate> = {}): NodeUpdate {
  return {
    nodeId,
    startId: `${nodeId}-1`,
    endpoint: `http://127.0.0.1:9000/${nodeId}`,
    zone: 'a',
    version: 'v1',
    sessions: 0,
    connections: 0,
    capacity: 100,
    weight: 100,
    window: 64,
    standing: 'green',
    arrivals: [],
    ...changes,
  };
}

export function request(seats = 1): { rids: string[] } {
  return { rids: Array.from({ length: seats }, () => randomUUID()) };
}

/** From now on rooms are placed: no node has any that the registry does not know. */
export async function roomsGathered(rooms: RedisRooms): Promise<void> {
  await rooms.gather(0, false);
  await rooms.gather(0, true);
}

/** A cluster of its own on the run's Redis, with a look behind the interface. */
export class TestCluster {
  readonly seats: RedisSeats;
  readonly keys: SeatKeys;
  readonly #redis: ScriptedRedis;

  constructor(redis: ScriptedRedis, stack: string, cluster = 'lobby') {
    this.#redis = redis;
    this.seats = new RedisSeats(redis, stack, cluster);
    this.keys = seatKeys(stack, cluster);
  }

  /** What the registry counts for each node with reservations. */
  async counts(): Promise<Record<string, number>> {
    const counts = await this.#redis.hgetall(this.keys.counts);
    return Object.fromEntries(Object.entries(counts).map(([node, count]) => [node, Number(count)]));
  }

  /** The reservations themselves, counted for each node. */
  async reservations(): Promise<Record<string, number>> {
    const counted: Record<string, number> = {};
    for (const member of await this.#redis.zrangebyscore(this.keys.pending, '-inf', '+inf')) {
      const node = member.slice(0, member.indexOf('\n'));
      counted[node] = (counted[node] ?? 0) + 1;
    }
    return counted;
  }

  /** What an emptied Redis does to the reservations. */
  async forgetReservations(): Promise<void> {
    await this.#redis.del(this.keys.counts, this.keys.pending);
  }

  async score(nodeId: string): Promise<number | null> {
    const score = await this.#redis.zscore(this.keys.load, nodeId);
    return score === null ? null : Number(score);
  }
}
