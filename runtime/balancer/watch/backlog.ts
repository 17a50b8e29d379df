import type { RoomReport, StatsReply } from '../../core/protocol/agent';

/** Most arrivals, and most rooms, kept for one node while the registry cannot be written. */
const LIMIT = 20_000;

/** Arrivals taken out for writing. */
export interface Arrivals {
  readonly rids: readonly string[];
  /** How many of them were news; the others are repeats of a `full` answer. */
  readonly news: number;
  /** How many had been added up to then. */
  readonly upTo: number;
}

/** What a node reported and the registry does not hold yet: kept until it is written, as the node's cursor has moved on. */
export class Backlog {
  /** By reservation, the number under which it was last added. */
  readonly #arrivals = new Map<string, number>();
  readonly #rooms = new Map<string, RoomReport>();
  #news = 0;
  #added = 0;

  /** False when it overflowed: all is dropped, and the node must be asked for everything again. */
  add(reply: Pick<StatsReply, 'arrivals' | 'rooms' | 'full'>): boolean {
    for (const rid of reply.arrivals) this.#arrivals.set(rid, ++this.#added);
    for (const room of reply.rooms) this.#rooms.set(room.roomId, room);
    if (!reply.full) this.#news += reply.arrivals.length;
    if (this.#arrivals.size <= LIMIT && this.#rooms.size <= LIMIT) return true;
    this.clear();
    return false;
  }

  arrivals(): Arrivals {
    return { rids: [...this.#arrivals.keys()], news: this.#news, upTo: this.#added };
  }

  rooms(): readonly RoomReport[] {
    return [...this.#rooms.values()];
  }

  /**
   * One that came again meanwhile stays: a member of a room gets the seat back under the same id, and the first arrival may have been
   * written before that.
   */
  arrivalsWritten(written: Arrivals): void {
    for (const rid of written.rids) if ((this.#arrivals.get(rid) ?? 0) <= written.upTo) this.#arrivals.delete(rid);
    // Cleared meanwhile: there is nothing left of them.
    this.#news = Math.max(0, this.#news - written.news);
  }

  /** A report that a newer one has replaced meanwhile stays. */
  roomsWritten(rooms: readonly RoomReport[]): void {
    for (const room of rooms) {
      if (this.#rooms.get(room.roomId) === room) this.#rooms.delete(room.roomId);
    }
  }

  clear(): void {
    this.#arrivals.clear();
    this.#rooms.clear();
    this.#news = 0;
  }
}
