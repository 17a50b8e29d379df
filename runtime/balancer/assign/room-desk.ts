import { FleetError } from '../../core/errors';
import {
  MAX_PLACED_ROOMS,
  type PlacedRoom,
  type PlacesReply,
  type RestoreReply,
  type TurnReply,
} from '../../core/protocol/peer';
import type { AssignReply } from '../../core/protocol/rest';
import { type StartSituation, startRoute, wantsTurn } from '../../core/start-route';
import { RegistryUnavailable, type RoomRegistry } from '../../registry/types';
import { messageOf } from '../complaints';
import type { EventSink } from '../events';
import type { RegistryAssigner } from './assigner';
import type { MemoryRooms } from './memory-rooms';
import type { RegistryHealth } from './registry-health';

/** The other balancer, as far as rooms are concerned; calls reject when it does not answer. */
export interface RoomPeer {
  situation(): NonNullable<StartSituation['peer']>;
  turn(): Promise<TurnReply>;
  restore(rooms: readonly PlacedRoom[]): Promise<RestoreReply>;
  places(): Promise<PlacesReply>;
  /** @throws FleetError as the other balancer answers */
  start(roomId: string, matchToken: string): Promise<AssignReply>;
}

export interface RoomDeskOptions {
  readonly registry: Pick<RegistryAssigner, 'start' | 'member' | 'ticket'>;
  readonly rooms: Pick<RoomRegistry, 'restore'>;
  readonly health: Pick<RegistryHealth, 'answers' | 'whileAnswering' | 'failed'>;
  readonly memory: MemoryRooms;
  /** The epoch under which we were the last owner of the game cluster; 0: we were not. */
  readonly claim: () => number;
  /** Null: there is no other balancer. */
  readonly peer: RoomPeer | null;
  readonly newId: () => string;
  readonly events: EventSink;
}

/** How often is looked whether the turn is to be taken, given up or over, in milliseconds. */
const BEAT_MS = 200;

/** Decides where each `start` goes, takes the turn to place rooms from memory, and writes them down when the registry is back. */
export class RoomDesk {
  readonly #options: RoomDeskOptions;
  readonly #beat: NodeJS.Timeout;
  #turn = false;
  /** We are asking for the turn: from the question on the other balancer may have agreed. */
  #asking = false;
  /** Places were given that the registry may not know, or may have lost. */
  #owed = false;
  #answered = false;
  #restoring = false;
  #placed = 0;

  constructor(options: RoomDeskOptions) {
    this.#options = options;
    this.#beat = setInterval(() => this.look(), BEAT_MS);
  }

  /** We place rooms from memory, or are about to. */
  get placing(): boolean {
    return this.#turn || this.#asking;
  }

  stop(): void {
    clearInterval(this.#beat);
  }

  /**
   * @param forwarded by the other balancer: it is not sent back.
   * @throws FleetError BUSY while nobody can say where the room is
   */
  async start(roomId: string, matchToken: string, forwarded = false): Promise<AssignReply> {
    const { registry, health, peer } = this.#options;
    const route = startRoute(this.#situation());
    if (route === 'memory') return this.#startFromMemory(roomId, matchToken);
    if (route === 'peer' && peer !== null && !forwarded) {
      registry.member(roomId, matchToken);
      return peer.start(roomId, matchToken);
    }
    if (route !== 'registry') throw new FleetError('BUSY');
    try {
      return await health.whileAnswering(() => registry.start(roomId, matchToken));
    } catch (error) {
      if (!(error instanceof RegistryUnavailable)) throw error;
      health.failed(messageOf(error.cause));
      // Once more, now by memory or by the other balancer: given up, the registry is not asked again.
      return this.start(roomId, matchToken, forwarded);
    }
  }

  /** The other balancer wants to place rooms from memory. */
  agree(): TurnReply {
    const { health, memory } = this.#options;
    if (health.answers || this.placing) return { agreed: false };
    return { agreed: true, rooms: memory.places().slice(-MAX_PLACED_ROOMS) };
  }

  /** Writes places that the other balancer gave from memory. */
  async restore(rooms: readonly PlacedRoom[]): Promise<RestoreReply> {
    const { health, memory } = this.#options;
    if (!health.answers) return { done: false };
    for (const room of rooms) memory.given(room);
    await this.#options.rooms.restore(rooms);
    return { done: true };
  }

  /** The places that we gave last, for the other balancer. */
  get places(): PlacesReply {
    return { rooms: this.#options.memory.places().slice(-MAX_PLACED_ROOMS) };
  }

  /**
   * The registry has lost rooms: writes what we know of them, as a node may be silent just now, and the places that the other balancer
   * gave last, as members may be on their way to them and no node knows. Rejects while the registry, or a balancer that is not silent,
   * does not answer.
   */
  async recall(): Promise<void> {
    const { rooms, memory, peer } = this.#options;
    const theirs = peer?.situation().there ? (await peer.places()).rooms : [];
    await rooms.restore([...memory.living(), ...theirs]);
  }

  /** Something may have changed. */
  look(): void {
    const situation = this.#situation();
    if (this.#answered && !situation.answers) this.#owed = true;
    this.#answered = situation.answers;
    if (this.#turn && situation.peer?.hearsUs === false) this.#end('the other balancer does not answer');
    if (!this.#asking && wantsTurn(situation)) void this.#ask();
    if (this.#owed && !this.#restoring && (situation.answers || situation.peer?.answers)) void this.#settle();
  }

  #situation(): StartSituation {
    const { health, claim, peer } = this.#options;
    return {
      ...{ answers: health.answers, claim: claim() > 0, turn: this.#turn },
      peer: peer?.situation() ?? null,
    };
  }

  #startFromMemory(roomId: string, matchToken: string): AssignReply {
    const { registry, memory, claim, newId } = this.#options;
    const request = registry.member(roomId, matchToken);
    const { rid, room, endpoint, ...place } = memory.start(request, claim());
    this.#placed += 1;
    this.#owed = true;
    const { gen, mode, playing } = room;
    const ticketRoom = { id: roomId, gen, mode, members: [...playing] };
    return registry.ticket({ ...place, playerId: request.playerId, rid, jti: newId(), room: ticketRoom }, endpoint);
  }

  async #ask(): Promise<void> {
    const { peer, memory } = this.#options;
    this.#asking = true;
    try {
      const reply: TurnReply = peer === null ? { agreed: true, rooms: [] } : await peer.turn();
      if (!reply.agreed) return;
      for (const room of reply.rooms) memory.given(room);
      this.#turn = wantsTurn(this.#situation());
      if (this.#turn) this.#tell('rooms-from-memory-began', 'the registry does not answer, and we were the last owner');
    } catch {
      // It is asked again with the next beat.
    } finally {
      this.#asking = false;
    }
  }

  /** Until nothing was placed meanwhile: then the registry knows as much as we do, and our turn is over. */
  async #settle(): Promise<void> {
    const { memory, peer, health, rooms } = this.#options;
    this.#restoring = true;
    const placed = this.#placed;
    try {
      const places = memory.places();
      for (let first = 0; first < places.length; first += MAX_PLACED_ROOMS) {
        const part = places.slice(first, first + MAX_PLACED_ROOMS);
        const done = health.answers
          ? rooms.restore(part).then(() => true)
          : peer?.restore(part).then((reply) => reply.done);
        if ((await done) !== true) return;
      }
      if (this.#placed !== placed) return;
      this.#owed = false;
      if (this.#turn) this.#end(`${places.length} places are in the registry`);
    } catch {
      // The next beat begins again.
    } finally {
      this.#restoring = false;
    }
  }

  #end(reason: string): void {
    this.#turn = false;
    this.#tell('rooms-from-memory-ended', reason);
  }

  #tell(kind: string, reason: string): void {
    this.#options.events.emit({ kind, reason });
  }
}
