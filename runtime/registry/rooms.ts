import { z } from 'zod';
import type { RoomReport } from '../core/protocol/agent';
import type { PlacedRoom } from '../core/protocol/peer';
import { type Code, codeName } from './codes';
import { answered } from './connection';
import { type GatheredKeys, gatheredKeys, roomKey, type SeatKeys, seatKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run } from './scripts';
import { roomFinish } from './scripts/room-finish.5';
import { roomGather } from './scripts/room-gather.3';
import { roomReport } from './scripts/room-report.n';
import { roomRestore } from './scripts/room-restore.n';
import { roomStart } from './scripts/room-start.6';
import { SEAT_GRACE_MS } from './seats';
import {
  type ReserveOptions,
  type RoomFinishResult,
  type RoomRecord,
  type RoomRegistry,
  type RoomReportOutcome,
  type RoomStartRequest,
  type RoomStartResult,
  StaleEpoch,
} from './types';

export interface RoomOptions {
  /**
   * How long a room is remembered after it was placed, in milliseconds. Not less than a match token's lifetime: else a token
   * could place a forgotten room a second time. @default 3_600_000
   */
  readonly ttlMs?: number;
  /** How long a room that is over is remembered, so that start and finish keep their answers, in milliseconds. @default 600_000 */
  readonly tombstoneMs?: number;
}

/** The most rooms in one script call: bounds how long one call keeps Redis from others. */
const MAX_ROOMS = 1_000;

const ids = z.string().transform((text) => text.split(' ').filter((id) => id !== ''));

/** A room as its hash keeps it; see scripts/lib/room.ts. */
const StoredRoom = z.object({
  mode: z.string(),
  status: z.enum(['started', 'complete', 'ended', 'dissolved']),
  members: ids,
  finished: ids.default([]),
  gen: z.coerce.number(),
  node: z.string().optional(),
  start: z.string().optional(),
});

/** The rooms of one cluster, in Redis, beside the cluster's seats. */
export class RedisRooms implements RoomRegistry {
  readonly #redis: ScriptedRedis;
  readonly #seats: SeatKeys;
  readonly #gathered: GatheredKeys;
  readonly #roomKey: (roomId: string) => string;
  readonly #ttlMs: number;
  readonly #tombstoneMs: number;

  constructor(redis: ScriptedRedis, stack: string, cluster: string, options: RoomOptions = {}) {
    this.#redis = redis;
    redis.scripts.prepare(roomFinish, roomGather, roomReport, roomRestore, roomStart);
    this.#seats = seatKeys(stack, cluster);
    this.#gathered = gatheredKeys(stack, cluster);
    this.#roomKey = (roomId) => roomKey(stack, cluster, roomId);
    this.#ttlMs = options.ttlMs ?? 3_600_000;
    this.#tombstoneMs = options.tombstoneMs ?? 600_000;
  }

  async start(request: RoomStartRequest, options: ReserveOptions): Promise<RoomStartResult> {
    const { roomId, mode, playerId, members } = request;
    const args = [options.ticketTtlMs, SEAT_GRACE_MS, this.#ttlMs, options.policy, roomId, mode, playerId];
    const keys = [...this.#keys(roomId), this.#gathered.gathered];
    const raw = await run(this.#redis, roomStart, keys, [...args, members.join(' '), ...options.exclude]);
    const reply = new Reply(roomStart, raw);
    const code = codeName(reply.int());
    if (code !== 'OK') return { ok: false, code: refusal(code) };
    const nodeId = reply.text();
    const startId = reply.text();
    const gen = reply.int();
    const rid = reply.text();
    const ticketExpiresAtMs = reply.int();
    return { ok: true, nodeId, startId, rid, gen, expected: reply.text().split(' '), ticketExpiresAtMs };
  }

  async finish(request: RoomStartRequest): Promise<RoomFinishResult> {
    const { roomId, mode, playerId, members } = request;
    const args = [this.#ttlMs, this.#tombstoneMs, roomId, mode, playerId, members.join(' ')];
    const reply = new Reply(roomFinish, await run(this.#redis, roomFinish, this.#keys(roomId), args));
    if (codeName(reply.int()) === 'MATCH_TOKEN_INVALID') return { status: 'unknown-member' };
    const status = reply.text();
    return { status: status === 'ended' || status === 'dissolved' ? 'ended' : 'finished', first: reply.int() === 1 };
  }

  async get(roomId: string): Promise<RoomRecord | null> {
    const stored = await answered(this.#redis.hgetall(this.#roomKey(roomId)));
    if (Object.keys(stored).length === 0) return null;
    const { node, start, ...room } = StoredRoom.parse(stored);
    return { roomId, ...room, nodeId: node ?? null, startId: start ?? null };
  }

  /** @throws StaleEpoch when a newer owner has written. */
  async report(
    nodeId: string,
    startId: string,
    reports: readonly RoomReport[],
    epoch: number,
  ): Promise<readonly RoomReportOutcome[]> {
    const outcomes: RoomReportOutcome[] = [];
    for (let first = 0; first < reports.length; first += MAX_ROOMS) {
      const chunk = reports.slice(first, first + MAX_ROOMS);
      const keys = [this.#seats.epoch, ...chunk.map(({ roomId }) => this.#roomKey(roomId))];
      const args = [epoch, nodeId, startId, this.#tombstoneMs, this.#ttlMs];
      const each = chunk.flatMap((report) => [report.gen, noted(report), report.mode, report.members.join(' ')]);
      const reply = new Reply(roomReport, await run(this.#redis, roomReport, keys, [...args, ...each]));
      if (codeName(reply.int()) === 'STALE') throw new StaleEpoch(epoch);
      for (const { roomId } of chunk) {
        const outcome = codeName(reply.int()) === 'STALE' ? 'stale' : 'ok';
        const close = { nodeId: reply.text(), gen: reply.int() };
        outcomes.push({ roomId, outcome, close: close.nodeId === '' ? null : close });
      }
    }
    return outcomes;
  }

  async restore(rooms: readonly PlacedRoom[]): Promise<void> {
    for (let first = 0; first < rooms.length; first += MAX_ROOMS) {
      const chunk = rooms.slice(first, first + MAX_ROOMS);
      const each = chunk.flatMap(({ gen, nodeId, startId, mode, members, playing }) => {
        const finished = members.filter((member) => !playing.includes(member));
        return [gen, nodeId, startId, mode, members.join(' '), finished.join(' ')];
      });
      const keys = chunk.map(({ roomId }) => this.#roomKey(roomId));
      await run(this.#redis, roomRestore, keys, [this.#ttlMs, ...each]);
    }
  }

  /** @throws StaleEpoch when a newer owner has written. */
  async gather(epoch: number, everyNodeReported: boolean): Promise<'gathered' | 'ask' | 'asked'> {
    const { gathered, asked } = this.#gathered;
    const args = [epoch, everyNodeReported ? 1 : 0];
    const reply = await run(this.#redis, roomGather, [this.#seats.epoch, gathered, asked], args);
    switch (codeName(new Reply(roomGather, reply).int())) {
      case 'STALE':
        throw new StaleEpoch(epoch);
      case 'OK':
        return 'gathered';
      case 'ROOMS_ASKED':
        return 'ask';
      default:
        return 'asked';
    }
  }

  #keys(roomId: string): string[] {
    const { load, state, counts, pending } = this.#seats;
    return [this.#roomKey(roomId), load, state, counts, pending];
  }
}

type Refusal = Extract<RoomStartResult, { ok: false }>['code'];

function refusal(code: Code): Refusal {
  switch (code) {
    case 'FULL':
    case 'BUSY':
    case 'NO_NODES':
    case 'ROOM_CLOSED':
    case 'MATCH_TOKEN_INVALID':
      return code;
    default:
      throw new Error(`start does not answer ${code}`);
  }
}

/** What becomes of the room's record: a room that moved is over on that node only. */
function noted(report: RoomReport): 'started' | 'complete' | 'ended' | 'dissolved' | 'moved' {
  if (report.status === 'complete') return 'complete';
  if (report.status === 'forming') return 'started';
  if (report.reason === 'moved') return 'moved';
  return report.reason === 'incomplete' ? 'dissolved' : 'ended';
}
