import { FleetError } from '../../core/errors';
import type { StatsReply } from '../../core/protocol/agent';
import type { PlacedRoom } from '../../core/protocol/peer';
import { type KnownRoom, RoomMemory } from '../../core/room-memory';
import { roomStanding } from '../../core/room-standing';
import type { ClusterSnapshot } from '../../core/snapshot';
import type { RoomStartRequest } from '../../registry/types';
import type { MemoryPlace, MemoryPlacement } from './memory-placement';

export interface MemoryRoomsOptions {
  readonly placement: MemoryPlacement;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** A member's seat in a room. */
export interface RoomSeat extends MemoryPlace {
  readonly rid: string;
  readonly room: PlacedRoom;
}

/** The rooms of the game cluster as this balancer knows them by itself; and their places while the registry does not answer. */
export class MemoryRooms {
  readonly #options: MemoryRoomsOptions;
  readonly #memory = new RoomMemory();
  #snapshot: ClusterSnapshot | null = null;

  constructor(options: MemoryRoomsOptions) {
    this.#options = options;
  }

  /** A game node has answered a poll. */
  heard(reply: StatsReply): void {
    this.#options.placement.heard(reply);
    this.#memory.told(reply);
  }

  /** The watch has judged the cluster anew. @param forget whether what is old may be forgotten: the registry remembers it. */
  seen(snapshot: ClusterSnapshot, forget: boolean): void {
    this.#snapshot = snapshot;
    this.#options.placement.seen(snapshot);
    if (forget) this.#memory.forget(new Set(snapshot.nodes.map(({ nodeId }) => nodeId)), this.#options.now());
  }

  /** A balancer has given a member this place. */
  given(room: PlacedRoom): void {
    this.#memory.given(room, this.#options.now());
  }

  /** The places that were given lately, of rooms that are not over. */
  places(): PlacedRoom[] {
    return this.#memory.places();
  }

  /** Where every room lives that is not over. */
  living(): PlacedRoom[] {
    return this.#memory.living();
  }

  /**
   * The place of a room, the same for every member; placed when it has none.
   * @param epoch that of our last ownership: no placement by the registry before it has a later generation.
   * @throws FleetError ROOM_CLOSED, BUSY, FULL or NO_NODES
   */
  start({ roomId, mode, playerId, members }: RoomStartRequest, epoch: number): RoomSeat {
    const known = this.#memory.find(roomId);
    if (known !== undefined && (known.over || !known.playing.includes(playerId))) throw new FleetError('ROOM_CLOSED');
    const there = known && this.#stillThere(known);
    if (there !== undefined && known !== undefined) {
      const { gen, playing } = known;
      const rid = ridOf(roomId, gen, playerId);
      const room = { roomId, mode, gen, nodeId: known.nodeId, startId: known.startId, members: [...members], playing };
      this.given(room);
      return { ...this.#options.placement.hold([rid], { ...room, endpoint: there }), rid, room };
    }
    // A room that we never heard of may live on a node that never told us.
    if (known === undefined && !this.#everyNodeTold()) throw new FleetError('BUSY');
    const playing = known?.playing ?? [...members];
    // Two more: a call to the registry whose answer nobody got may have given the next.
    const gen = Math.max(this.#memory.highestGen, epoch) + 2;
    const place = this.#options.placement.place(playing.map((member) => ridOf(roomId, gen, member)));
    const room = { roomId, mode, gen, nodeId: place.nodeId, startId: place.startId, members: [...members], playing };
    this.given(room);
    return { ...place, rid: ridOf(roomId, gen, playerId), room };
  }

  /** Where the room's node is reached; undefined: it needs another. @throws FleetError BUSY while it is silent */
  #stillThere({ nodeId, startId }: KnownRoom): string | undefined {
    const node = this.#snapshot?.nodes.find((each) => each.nodeId === nodeId);
    const standing = roomStanding(startId, node);
    if (standing === 'away') throw new FleetError('BUSY');
    return standing === 'here' ? node?.endpoint : undefined;
  }

  #everyNodeTold(): boolean {
    const nodes = this.#snapshot?.nodes ?? [];
    return nodes.every(
      ({ nodeId, startId, health }) =>
        startId === null || health === 'booting' || health === 'red' || this.#memory.heard(nodeId, startId),
    );
  }
}

/** As the registry names a member's seat in a room. */
function ridOf(roomId: string, gen: number, playerId: string): string {
  return `${roomId}/${gen}/${playerId}`;
}
