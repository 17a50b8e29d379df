import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { answered } from './connection';
import { matchKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run, type Script } from './scripts';
import { matchAcknowledge } from './scripts/match-acknowledge.6';
import { matchAway } from './scripts/match-away.6';
import { matchComplete } from './scripts/match-complete.6';
import { matchDepths } from './scripts/match-depths.6';
import { matchEnter } from './scripts/match-enter.6';
import { matchHeartbeat } from './scripts/match-heartbeat.6';
import { matchLeave } from './scripts/match-leave.6';
import { matchRelease } from './scripts/match-release.6';
import { matchRestore } from './scripts/match-restore.6';
import { matchSweep } from './scripts/match-sweep.6';
import type { LiveRoom, Match, MatchQueue, MatchRecord, PlayerStanding, WaitingPlayer } from './types';

export interface MatchQueueOptions {
  readonly redis: ScriptedRedis;
  readonly stack: string;
  /** @default 'lobby' */
  readonly cluster?: string;
  /** The time, in Unix milliseconds, for tests. @default Redis' own clock */
  readonly nowMs?: () => number;
}

/** Rooms that one ENTER, and one sweep, may make; what is left is for the next sweep. */
const ENTER_ROOMS = 4;
const SWEEP_ROOMS = 100;
/** Queues that one sweep matches, matches that it dissolves, players that it forgets. */
const SWEEP_BOUND = 500;
/** Queues that `depths` lists at most. */
const DEPTHS_BOUND = 1_000;

/** How a match is stored. */
const StoredMatch = z.object({
  roomId: z.string(),
  mode: z.string(),
  pool: z.string(),
  members: z.array(z.string()),
  deadlineMs: z.number(),
  status: z.enum(['open', 'complete', 'dissolved', 'ended']),
});

/** The match queue of a lobby cluster over Redis: see `MatchQueue`. Each method is one script call. */
export class RedisMatchQueue implements MatchQueue {
  readonly #redis: ScriptedRedis;
  readonly #keys: readonly string[];
  readonly #touched: string;
  readonly #matches: string;
  readonly #nowMs: (() => number) | undefined;

  constructor(options: MatchQueueOptions) {
    const keys = matchKeys(options.stack, options.cluster ?? 'lobby');
    this.#redis = options.redis;
    options.redis.scripts.prepare(
      matchAcknowledge,
      matchAway,
      matchComplete,
      matchDepths,
      matchEnter,
      matchHeartbeat,
      matchLeave,
      matchRelease,
      matchRestore,
      matchSweep,
    );
    this.#keys = [keys.players, keys.waiting, keys.heard, keys.matches, keys.due, keys.touched];
    this.#touched = keys.touched;
    this.#matches = keys.matches;
    this.#nowMs = options.nowMs;
  }

  async enter(player: WaitingPlayer, roomSize: number): Promise<{ standing: PlayerStanding; made: Match[] }> {
    const { playerId, mode, pool, connectionId } = player;
    const reply = await this.#run(matchEnter, [
      playerId,
      mode,
      pool,
      Math.trunc(player.enteredAtMs),
      connectionId,
      roomSize,
      ...newRoomIds(ENTER_ROOMS),
    ]);
    return { standing: readStanding(playerId, reply), made: readMatches(reply) };
  }

  async leave(playerId: string, connectionId: string): Promise<'left' | 'matched' | 'unknown'> {
    const outcome = (await this.#run(matchLeave, [playerId, connectionId])).text();
    return outcome === 'left' || outcome === 'matched' ? outcome : 'unknown';
  }

  async away(playerId: string, connectionId: string): Promise<void> {
    await this.#run(matchAway, [playerId, connectionId]);
  }

  async heartbeat(players: readonly WaitingPlayer[]): Promise<PlayerStanding[]> {
    if (players.length === 0) return [];
    const reply = await this.#run(matchHeartbeat, [JSON.stringify(players.map(packPlayer))]);
    return players.map(({ playerId }) => readStanding(playerId, reply));
  }

  async sweep(roomSize: (mode: string) => number | undefined): Promise<{ made: Match[]; dissolved: Match[] }> {
    const sizes: Record<string, number> = {};
    for (const queue of await answered(this.#redis.srandmember(this.#touched, SWEEP_BOUND))) {
      const size = roomSize(splitQueue(queue).mode);
      if (size !== undefined) sizes[queue] = size;
    }
    const reply = await this.#run(matchSweep, [JSON.stringify(sizes), SWEEP_BOUND, ...newRoomIds(SWEEP_ROOMS)]);
    const count = reply.int();
    const matches = readMatches(reply);
    return { made: matches.slice(0, count), dissolved: matches.slice(count) };
  }

  async acknowledge(playerId: string, roomId: string): Promise<void> {
    await this.#run(matchAcknowledge, [playerId, roomId]);
  }

  async complete(roomId: string): Promise<void> {
    await this.#run(matchComplete, [roomId]);
  }

  async restore({ roomId, mode, members, playing, complete }: LiveRoom): Promise<boolean> {
    const args = [roomId, mode, complete ? 'complete' : 'open', JSON.stringify(members), ...playing];
    return (await this.#run(matchRestore, args)).int() === 1;
  }

  async release(roomId: string, players?: readonly string[]): Promise<void> {
    if (players?.length === 0) return;
    await this.#run(matchRelease, [roomId, ...(players ?? [])]);
  }

  async depths(): Promise<readonly { mode: string; pool: string; waiting: number }[]> {
    const reply = await this.#run(matchDepths, [DEPTHS_BOUND]);
    const depths: { mode: string; pool: string; waiting: number }[] = [];
    while (!reply.done) depths.push({ ...splitQueue(reply.text()), waiting: reply.int() });
    return depths;
  }

  async match(roomId: string): Promise<MatchRecord | null> {
    const text = await answered(this.#redis.hget(this.#matches, roomId));
    return text === null ? null : StoredMatch.parse(JSON.parse(text));
  }

  async #run(script: Script, args: readonly (string | number)[]): Promise<Reply> {
    const now = this.#nowMs?.() ?? '';
    return new Reply(script, await run(this.#redis, script, this.#keys, [now, ...args]));
  }
}

/** Room ids cannot be guessed, and are safe in URLs and keys. */
function newRoomIds(count: number): string[] {
  const random = randomBytes(count * 12);
  return Array.from({ length: count }, (_, i) => `r-${random.subarray(i * 12, i * 12 + 12).toString('base64url')}`);
}

function splitQueue(queue: string): { mode: string; pool: string } {
  const [mode = '', pool = ''] = queue.split('|');
  return { mode, pool };
}

/** As the heartbeat script reads it. */
function packPlayer({ playerId, mode, pool, enteredAtMs, connectionId, known }: WaitingPlayer): object {
  return {
    id: playerId,
    mode,
    pool,
    at: Math.trunc(enteredAtMs),
    conn: connectionId,
    ...(known !== undefined && { room: known.match.roomId }),
    ...(known !== undefined && !known.acknowledged && { undelivered: known.match }),
  };
}

function readStanding(playerId: string, reply: Reply): PlayerStanding {
  const state = reply.text();
  if (state === 'waiting') return { playerId, state, enteredAtMs: reply.int() };
  const detail = reply.text();
  if (state === 'matched') return { playerId, state, match: readMatch(detail) };
  if (state === 'replaced' || state === 'gone') return { playerId, state };
  throw new Error(`the registry answered with the unknown standing "${state}"`);
}

function readMatch(text: string): Match {
  const { status: _, ...match } = StoredMatch.parse(JSON.parse(text));
  return match;
}

function readMatches(reply: Reply): Match[] {
  const matches: Match[] = [];
  while (!reply.done) matches.push(readMatch(reply.text()));
  return matches;
}
