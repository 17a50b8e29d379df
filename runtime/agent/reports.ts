import type { RoomReport, StatsReply } from '../core/protocol/agent';
import { EventLog } from './event-log';
import type { RoomSource } from './types';

/** Events kept at least; at most twice as many, which is what one answer may carry. */
const KEPT_EVENTS = 10_000;

/** Most entries of each list in an answer, as the protocol limits it. */
const MAX_LISTED = 20_000;

type Event = { readonly rid: string } | { readonly room: RoomReport };

/** What happened on this node, for any number of pollers at once: each brings its own cursor. */
export class Reports {
  readonly #rooms: RoomSource | undefined;
  readonly #log = new EventLog<Event>(KEPT_EVENTS, Math.random());

  constructor(rooms: RoomSource | undefined) {
    this.#rooms = rooms;
  }

  /** A reservation was fulfilled. */
  arrival(rid: string): void {
    this.#log.append({ rid });
  }

  room(report: RoomReport): void {
    this.#log.append({ room: report });
  }

  /** What is newer than the cursor; when that is not known any more, all that is there: `present` are the sessions' reservations. */
  since(cursor: number, present: () => string[]): Pick<StatsReply, 'cursor' | 'full' | 'arrivals' | 'rooms'> {
    const events = this.#log.since(cursor);
    if (events === null) {
      return {
        cursor: this.#log.cursor,
        full: true,
        arrivals: present().slice(-MAX_LISTED),
        rooms: (this.#rooms?.reports() ?? []).slice(-MAX_LISTED),
      };
    }
    const arrivals: string[] = [];
    /** Only the latest of each room counts. */
    const rooms = new Map<string, RoomReport>();
    for (const event of events) {
      if ('rid' in event) arrivals.push(event.rid);
      else rooms.set(event.room.roomId, event.room);
    }
    return { cursor: this.#log.cursor, full: false, arrivals, rooms: [...rooms.values()] };
  }
}
