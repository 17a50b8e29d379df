import type { RoomSource } from '../agent';
import type { RoomReport } from '../core/protocol/agent';
import type { TicketRoom } from '../core/protocol/ticket';
import { type CloseReason, Room, type RoomContext } from './room';

/** How long a closed room is remembered, in milliseconds: latecomers are told why, and the balancers hear of it. */
const CLOSED_KEPT_MS = 600_000;

/** Closed rooms remembered at most. */
const MAX_CLOSED = 5_000;

/** Rooms are spread over this many parts of a tick, so that they do not all write at the same moment. */
export const TICK_PARTS = 10;

interface Closed {
  readonly report: RoomReport;
  readonly reason: CloseReason;
  readonly atMs: number;
}

export type EnterResult =
  | { readonly outcome: 'joined' }
  | { readonly outcome: 'wrong-room'; readonly detail: string }
  | { readonly outcome: 'closed'; readonly reason: CloseReason };

interface RoomsOptions extends Pick<RoomContext, 'plugin' | 'outlet' | 'log'> {
  /** A room that is not complete this long after its first member joined is closed, in milliseconds. */
  readonly completeMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly onReport: (report: RoomReport) => void;
}

/** All rooms of the node. What it knows of a room it knows from tickets. A player is in one room at most. */
export class Rooms implements RoomSource {
  readonly #options: RoomsOptions;
  readonly #live = new Map<string, Room>();
  readonly #parts: readonly Set<Room>[] = Array.from({ length: TICK_PARTS }, () => new Set<Room>());
  readonly #closed = new Map<string, Closed>();
  readonly #byPlayer = new Map<string, Room>();
  #made = 0;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** The room that the player is in. */
  of(playerId: string): Room | undefined {
    const room = this.#byPlayer.get(playerId);
    return room?.closed === undefined ? room : undefined;
  }

  /** The player goes into the room that its ticket names; out of any other. */
  enter(playerId: string, ticket: TicketRoom): EnterResult {
    if (!ticket.members.includes(playerId)) {
      return { outcome: 'wrong-room', detail: 'the player is not a member of the room' };
    }
    const live = this.#live.get(ticket.id);
    const closed = this.#closed.get(ticket.id);
    const seenGen = Math.max(live?.gen ?? 0, closed?.report.gen ?? 0);
    if (ticket.gen < seenGen) {
      return {
        outcome: 'wrong-room',
        detail: `the ticket is for generation ${ticket.gen} of the room, it is at ${seenGen}`,
      };
    }
    if (closed?.report.gen === ticket.gen) return { outcome: 'closed', reason: closed.reason };
    // The room was given to another node and has come back here: what is left of its earlier life is over.
    if (live !== undefined && live.gen < ticket.gen) live.close('moved');
    const room = this.#live.get(ticket.id) ?? this.#make(ticket);
    const other = this.of(playerId);
    if (other !== undefined && other !== room) other.leave(playerId);
    if (room.closed !== undefined) return { outcome: 'closed', reason: room.closed };
    this.#byPlayer.set(playerId, room);
    room.join(playerId, ticket.members);
    return { outcome: 'joined' };
  }

  /** The player is gone for good. */
  leave(playerId: string): void {
    const room = this.of(playerId);
    this.#byPlayer.delete(playerId);
    room?.leave(playerId);
  }

  /** One part of a tick, 0 ≤ part < TICK_PARTS. */
  tick(part: number): void {
    const nowMs = this.#options.now();
    for (const room of this.#parts[part] ?? []) room.tick(nowMs);
    if (part === 0) this.#forget(nowMs);
  }

  reports(): RoomReport[] {
    return [
      ...Array.from(this.#closed.values(), (closed) => closed.report),
      ...Array.from(this.#live.values(), (room) => room.report()),
    ];
  }

  close(roomId: string, gen: number): void {
    const room = this.#live.get(roomId);
    if (room !== undefined && room.gen <= gen) room.close('moved');
  }

  #make(ticket: TicketRoom): Room {
    const { plugin, outlet, log, completeMs, now } = this.#options;
    this.#closed.delete(ticket.id);
    const onChange = (room: Room): void => this.#changed(room);
    const room = new Room(ticket, now() + completeMs, { plugin, outlet, log, onChange });
    if (room.closed !== undefined) return room;
    this.#live.set(room.id, room);
    this.#parts[this.#made++ % TICK_PARTS]?.add(room);
    return room;
  }

  #changed(room: Room): void {
    const report = room.report();
    if (room.closed !== undefined) {
      if (this.#live.get(room.id) === room) this.#live.delete(room.id);
      for (const part of this.#parts) part.delete(room);
      this.#closed.delete(room.id);
      this.#closed.set(room.id, { report, reason: room.closed, atMs: this.#options.now() });
    }
    this.#options.onReport(report);
  }

  /** The order of the map is that of closing. */
  #forget(nowMs: number): void {
    for (const [roomId, closed] of this.#closed) {
      if (this.#closed.size <= MAX_CLOSED && nowMs - closed.atMs < CLOSED_KEPT_MS) break;
      this.#closed.delete(roomId);
    }
  }
}
