import type { RoomReport } from './protocol/agent';
import type { PlacedRoom } from './protocol/peer';

/** A room as this balancer knows it. */
export interface KnownRoom extends PlacedRoom {
  /** It is over on its node. */
  readonly over: boolean;
  /** When a balancer gave its place to a member, in milliseconds; null: a node has told of it. */
  readonly givenAtMs: number | null;
  /** Its node has told of it. */
  readonly reported: boolean;
}

/** What a poll of a game node tells about its rooms. */
export interface RoomNews {
  readonly nodeId: string;
  readonly startId: string;
  readonly rooms: readonly RoomReport[];
  /** The rooms are all that are there, not only those that changed. */
  readonly full: boolean;
}

/** How long a place that was given is remembered although no node has told of the room, in milliseconds: longer than its tickets live. */
const GIVEN_KEPT_MS = 60_000;

/**
 * Where rooms live, as one balancer knows by itself: from the places that it gave, and from what the nodes tell. Of two that tell of
 * one room the later generation has it. Times are milliseconds of any clock.
 */
export class RoomMemory {
  readonly #rooms = new Map<string, KnownRoom>();
  /** Nodes that have told of all their rooms, by their start. */
  readonly #heard = new Map<string, string>();
  #highest = 0;

  /** The highest generation of any room that was heard of. */
  get highestGen(): number {
    return this.#highest;
  }

  find(roomId: string): KnownRoom | undefined {
    return this.#rooms.get(roomId);
  }

  /** Whether this start of the node has told of all its rooms. */
  heard(nodeId: string, startId: string): boolean {
    return this.#heard.get(nodeId) === startId;
  }

  /** A balancer has given this place to a member. */
  given(room: PlacedRoom, nowMs: number): void {
    this.#highest = Math.max(this.#highest, room.gen);
    const known = this.#rooms.get(room.roomId);
    if (known !== undefined && (known.gen > room.gen || (known.gen === room.gen && known.over))) return;
    const reported = known?.gen === room.gen && known.reported;
    this.#rooms.set(room.roomId, { ...room, over: false, givenAtMs: nowMs, reported });
  }

  /** A node has answered a poll. */
  told({ nodeId, startId, rooms, full }: RoomNews): void {
    if (full) {
      this.#heard.set(nodeId, startId);
      const there = new Set(rooms.map(({ roomId }) => roomId));
      for (const [roomId, room] of this.#rooms) {
        const here = room.nodeId === nodeId && room.startId === startId;
        if (here && room.reported && !there.has(roomId)) this.#rooms.delete(roomId);
      }
    }
    for (const report of rooms) this.#take(nodeId, startId, report);
  }

  /** The places that balancers have given, of rooms that are not over. */
  places(): PlacedRoom[] {
    return this.#living(({ givenAtMs }) => givenAtMs !== null);
  }

  /** Every room that is not over, also those that only a node told of. */
  living(): PlacedRoom[] {
    return this.#living(() => true);
  }

  #living(which: (room: KnownRoom) => boolean): PlacedRoom[] {
    return [...this.#rooms.values()]
      .filter((room) => !room.over && which(room))
      .map(({ over: _, givenAtMs: _at, reported: _by, ...room }) => room);
  }

  /** Forgets nodes but these, and earlier starts, with what they told; and places that were given long ago to members who never came. */
  forget(nodeIds: ReadonlySet<string>, nowMs: number): void {
    for (const nodeId of this.#heard.keys()) if (!nodeIds.has(nodeId)) this.#heard.delete(nodeId);
    for (const [roomId, room] of this.#rooms) {
      const { nodeId, startId, givenAtMs, reported } = room;
      const fresh = givenAtMs !== null && nowMs - givenAtMs < GIVEN_KEPT_MS;
      if (fresh) continue;
      if (!reported || !this.heard(nodeId, startId)) this.#rooms.delete(roomId);
      else if (givenAtMs !== null) this.#rooms.set(roomId, { ...room, givenAtMs: null });
    }
  }

  #take(nodeId: string, startId: string, { roomId, gen, mode, members, status, reason }: RoomReport): void {
    this.#highest = Math.max(this.#highest, gen);
    const known = this.#rooms.get(roomId);
    const here = known?.gen === gen && known.nodeId === nodeId && known.startId === startId;
    if (known !== undefined && !here && known.gen >= gen) return;
    if (status === 'closed' && reason === 'moved') {
      if (here) this.#rooms.delete(roomId);
      return;
    }
    const all = here ? known.members : members;
    const room = { roomId, gen, mode, nodeId, startId, members: all, playing: members };
    this.#rooms.set(roomId, {
      ...room,
      over: status === 'closed',
      givenAtMs: here ? known.givenAtMs : null,
      reported: true,
    });
  }
}
