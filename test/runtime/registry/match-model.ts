import type { Match, PlayerStanding, WaitingPlayer } from '../../../runtime/registry/types';

interface ModelPlayer {
  mode: string;
  pool: string;
  at: number;
  conn: string;
  room: string | null;
}

interface ModelRoom {
  readonly match: Match;
  status: 'open' | 'complete' | 'dissolved' | 'ended';
  readonly acknowledged: Set<string>;
  readonly released: Set<string>;
}

/** What the match queue is to do, said again in the plainest way; it judges the rooms that the real one makes, and makes none itself. */
export class MatchModel {
  readonly players = new Map<string, ModelPlayer>();
  readonly rooms = new Map<string, ModelRoom>();
  readonly #heard = new Map<string, number>();
  readonly #sizes: ReadonlyMap<string, number>;
  nowMs: number;

  constructor(sizes: ReadonlyMap<string, number>, nowMs: number) {
    this.#sizes = sizes;
    this.nowMs = nowMs;
  }

  enter({ playerId, mode, pool, connectionId, enteredAtMs }: WaitingPlayer): void {
    this.#heard.set(playerId, this.nowMs);
    const before = this.players.get(playerId);
    const room = this.#liveRoomOf(before);
    if (before !== undefined && room !== undefined) {
      if (room.status === 'complete' || this.nowMs < room.match.deadlineMs) {
        before.conn = connectionId;
        return;
      }
      this.#end(room, 'dissolved', () => true);
    }
    const now = this.players.get(playerId);
    const at = now?.mode === mode && now.pool === pool ? now.at : Math.min(enteredAtMs, this.nowMs);
    this.players.set(playerId, { mode, pool, at, conn: connectionId, room: null });
  }

  leave(playerId: string, connectionId: string): 'left' | 'matched' | 'unknown' {
    const player = this.players.get(playerId);
    if (player?.conn !== connectionId) return 'unknown';
    if (player.room !== null) {
      this.#park(playerId);
      return 'matched';
    }
    this.#forget(playerId);
    return 'left';
  }

  away(playerId: string, connectionId: string): void {
    if (this.players.get(playerId)?.conn === connectionId) this.#park(playerId);
  }

  /** What the heartbeat is to answer. */
  heartbeat({ playerId, mode, pool, connectionId, enteredAtMs, known }: WaitingPlayer): PlayerStanding['state'] {
    let player = this.players.get(playerId);
    if (player === undefined) {
      const room = known && this.rooms.get(known.match.roomId);
      if (known !== undefined && (room?.status !== 'dissolved' || room.released.has(playerId))) return 'gone';
      player = { mode, pool, at: Math.min(enteredAtMs, this.nowMs), conn: connectionId, room: null };
      this.players.set(playerId, player);
    }
    if (player.conn !== connectionId && player.conn !== '') return 'replaced';
    player.conn = connectionId;
    this.#heard.set(playerId, this.nowMs);
    return player.room === null ? 'waiting' : 'matched';
  }

  /** Returns the rooms that are to be dissolved. */
  sweep(): string[] {
    const late = [...this.rooms.values()].filter(
      ({ status, match }) => status === 'open' && this.nowMs >= match.deadlineMs + 2_000,
    );
    for (const room of late) this.#end(room, 'dissolved', () => true);
    for (const [playerId, heard] of this.#heard) {
      if (heard > this.nowMs - 60_000) continue;
      if (this.players.get(playerId)?.room) this.#heard.delete(playerId);
      else this.#forget(playerId);
    }
    return late.map(({ match }) => match.roomId);
  }

  acknowledge(playerId: string, roomId: string): void {
    const room = this.rooms.get(roomId);
    if (room?.status === 'open' || room?.status === 'complete') room.acknowledged.add(playerId);
  }

  complete(roomId: string): void {
    const room = this.rooms.get(roomId);
    if (room === undefined || room.status === 'ended') return;
    if (room.status === 'dissolved') {
      const { mode, pool } = room.match;
      for (const playerId of room.match.members) {
        const player = this.players.get(playerId) ?? { mode, pool, at: this.nowMs, conn: '', room: null };
        if (player.room !== null || room.released.has(playerId)) continue;
        this.players.set(playerId, { ...player, room: roomId });
      }
    }
    room.status = 'complete';
  }

  release(roomId: string, players?: readonly string[]): void {
    const room = this.rooms.get(roomId);
    if (room === undefined) return;
    for (const playerId of players ?? []) {
      if (this.players.get(playerId)?.room === roomId) this.#forget(playerId);
      room.released.add(playerId);
    }
    const isLeft = room.match.members.some((playerId) => this.players.get(playerId)?.room === roomId);
    if (players === undefined && room.status === 'open') this.#end(room, 'dissolved', () => true);
    else if (players === undefined || !isLeft) this.#end(room, 'ended', () => false);
  }

  /** Takes a room that the real queue made. Throws when it may not be: S3, the size, who is kept apart, and whose turn it was. */
  made(match: Match): void {
    const { mode, pool, members, roomId } = match;
    const seats = members.map((playerId) => {
      const player = this.players.get(playerId);
      if (player === undefined) throw new Error(`${playerId} did not enter`);
      if (player.room !== null) throw new Error(`${playerId} is in ${player.room} already (S3)`);
      if (player.mode !== mode || player.pool !== pool) throw new Error(`${playerId} entered another queue`);
      if (!this.isPresent(playerId)) throw new Error(`${playerId} is away`);
      return player;
    });
    if (members.length !== this.#sizes.get(mode)) throw new Error(`${members.length} members in ${mode}`);
    if (new Set(members).size !== members.length) throw new Error('a member twice');
    const last = Math.max(...seats.map(({ at }) => at));
    for (const [playerId, player] of this.waiting(mode, pool)) {
      if (!members.includes(playerId) && player.at < last) throw new Error(`it was the turn of ${playerId}`);
    }
    for (const seat of seats) seat.room = roomId;
    this.rooms.set(roomId, { match, status: 'open', acknowledged: new Set(), released: new Set() });
  }

  isPresent(playerId: string): boolean {
    return (this.#heard.get(playerId) ?? 0) > this.nowMs - 3_000;
  }

  /** Those who wait in a queue and are there. */
  waiting(mode: string, pool: string): [string, ModelPlayer][] {
    return [...this.players].filter(
      ([playerId, player]) =>
        player.room === null && player.mode === mode && player.pool === pool && this.isPresent(playerId),
    );
  }

  #liveRoomOf(player: ModelPlayer | undefined): ModelRoom | undefined {
    return player?.room ? this.rooms.get(player.room) : undefined;
  }

  #end(room: ModelRoom, status: 'dissolved' | 'ended', keep: (playerId: string) => boolean): void {
    room.status = status;
    for (const playerId of room.match.members) {
      const player = this.players.get(playerId);
      if (player?.room !== room.match.roomId) continue;
      player.room = null;
      if (!keep(playerId) || !this.#heard.has(playerId)) this.#forget(playerId);
    }
  }

  #park(playerId: string): void {
    this.#heard.set(playerId, Math.min(this.#heard.get(playerId) ?? Number.POSITIVE_INFINITY, this.nowMs - 3_000));
  }

  #forget(playerId: string): void {
    this.players.delete(playerId);
    this.#heard.delete(playerId);
  }
}
