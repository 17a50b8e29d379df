import { randomBytes } from 'node:crypto';
import type { Assigner } from '../../api/backend';
import { FleetError } from '../../core/errors';
import type { AssignReply, FinishReply, RoomReply } from '../../core/protocol/rest';
import type { TicketRoom } from '../../core/protocol/ticket';
import type { MatchQueue, ReserveOptions, RoomRegistry, RoomStartRequest, SeatRegistry } from '../../registry/types';
import type { NodeTokens } from '../../tickets/node-tokens';
import type { EventSink } from '../events';
import type { ClusterView } from '../watch/view';
import { ClusterJoins, type JoinedCluster, type Place } from './cluster-joins';

/** Why a join was refused: FULL is what the autoscaler's emergency rule waits for, the others are no lack of machines. */
export type Refusal = 'FULL' | 'BUSY' | 'NO_NODES';

export interface AssignerOptions {
  readonly lobby: JoinedCluster;
  /** Clusters besides the lobby that players join without a room. @default none */
  readonly others?: readonly JoinedCluster[];
  readonly game: {
    readonly cluster: string;
    readonly seats: Pick<SeatRegistry, 'node'>;
    readonly rooms: Pick<RoomRegistry, 'start' | 'finish' | 'get'>;
  };
  readonly matchQueue: Pick<MatchQueue, 'release' | 'match'>;
  readonly view: Pick<ClusterView, 'node' | 'joinable' | 'excluded'>;
  readonly tokens: NodeTokens;
  readonly events: EventSink;
  /** Told of each join that was refused. */
  readonly onRefused: (cluster: string, code: Refusal) => void;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** @default spread */
  readonly policy?: ReserveOptions['policy'];
}

/** Of a finish's `result`, as JSON, the event keeps this many characters: the memory of events is bounded. */
const MAX_RESULT_CHARS = 4_096;

/** What a ticket is for. */
export interface Seat extends Place {
  readonly jti: string;
  readonly room?: TicketRoom;
}

/**
 * Places players: reserves in the registry, checks the answer against what our own polls say of the node now (S7; the
 * registry is up to a second behind), and signs the ticket. Keeps no state of its own.
 */
export class RegistryAssigner implements Assigner {
  readonly #options: AssignerOptions;
  readonly #joins: ReadonlyMap<string, ClusterJoins>;
  readonly #newId = ids();
  readonly #isoTime = isoTimes();

  constructor(options: AssignerOptions) {
    this.#options = options;
    const { lobby, others = [], view } = options;
    const shared = {
      view,
      newId: this.#newId,
      reserveOptions: (exclude: readonly string[]) => this.#reserveOptions(exclude),
      reply: (seat: Seat, endpoint: string) => this.ticket(seat, endpoint),
      refused: (cluster: string, code: Refusal) => this.#refused(cluster, code),
    };
    this.#joins = new Map([lobby, ...others].map((each) => [each.cluster, new ClusterJoins({ ...each, ...shared })]));
  }

  lobby(playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    return this.join(this.#options.lobby.cluster, playerId, idempotencyKey);
  }

  async join(cluster: string, playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    const joins = this.#joins.get(cluster);
    if (joins !== undefined) return joins.join(playerId, idempotencyKey);
    const detail = cluster === this.#options.game.cluster ? 'it is joined by starting a room' : 'no such cluster';
    throw new FleetError('NOT_FOUND', { detail, field: 'path.cluster' });
  }

  async start(roomId: string, matchToken: string): Promise<AssignReply> {
    const { game, view } = this.#options;
    const request = this.member(roomId, matchToken);
    await this.#refuseDissolved(roomId);
    const placed = await game.rooms.start(request, this.#reserveOptions(view.excluded(game.cluster)));
    if (!placed.ok) {
      if (placed.code === 'MATCH_TOKEN_INVALID') {
        throw new FleetError(placed.code, { detail: 'the room has other members', field: 'body.matchToken' });
      }
      if (placed.code === 'ROOM_CLOSED') throw new FleetError(placed.code);
      throw this.#refused(game.cluster, placed.code);
    }
    const endpoint = await this.#roomEndpoint(placed.nodeId, placed.startId);
    // The room stays where it is: its node may come back, and the owner's next refresh decides whether it did.
    if (endpoint === null) throw this.#refused(game.cluster, 'BUSY');
    const room = { id: roomId, gen: placed.gen, mode: request.mode, members: [...placed.expected] };
    return this.ticket({ ...placed, playerId: request.playerId, jti: this.#newId(), room }, endpoint);
  }

  async finish(roomId: string, matchToken: string, result?: unknown): Promise<FinishReply> {
    const { game, matchQueue, events } = this.#options;
    const request = this.member(roomId, matchToken);
    const text = resultText(result);
    const outcome = await game.rooms.finish(request);
    if (outcome.status === 'unknown-member') {
      throw new FleetError('MATCH_TOKEN_INVALID', { detail: 'the room has other members', field: 'body.matchToken' });
    }
    // Second, so that a crash in between leaves a membership that the next finish, or the node's report, releases.
    await matchQueue.release(roomId, [request.playerId]);
    if (outcome.first) {
      events.emit({
        kind: 'player-finished',
        cluster: game.cluster,
        reason: `finish was called (${outcome.status})`,
        details: { roomId, playerId: request.playerId, ...(text !== undefined && { result: text }) },
      });
    }
    return { status: outcome.status };
  }

  async room(roomId: string): Promise<RoomReply> {
    const { game, matchQueue } = this.#options;
    const record = await game.rooms.get(roomId);
    if (record !== null) {
      const { nodeId, startId } = record;
      return {
        roomId,
        mode: record.mode,
        status: record.status,
        nodeId,
        endpoint: nodeId === null || startId === null ? null : await this.#roomEndpoint(nodeId, startId),
        members: record.members.map((playerId) => ({ playerId, finished: record.finished.includes(playerId) })),
      };
    }
    const match = await matchQueue.match(roomId);
    if (match === null) throw new FleetError('ROOM_UNKNOWN', { field: 'path.roomId' });
    return {
      roomId,
      mode: match.mode,
      status: match.status === 'open' ? 'matched' : match.status,
      nodeId: null,
      endpoint: null,
      members: match.members.map((playerId) => ({ playerId, finished: false })),
    };
  }

  /**
   * A match that was dissolved before anybody started it: its players wait for another, so the room is not placed any more. One
   * that was placed is its game node's to judge: it may have become complete while the registry was away.
   */
  async #refuseDissolved(roomId: string): Promise<void> {
    const { game, matchQueue } = this.#options;
    const [record, match] = await Promise.all([game.rooms.get(roomId), matchQueue.match(roomId)]);
    const isOver = match?.status === 'dissolved' || match?.status === 'ended';
    if (isOver && (record === null || record.nodeId === null)) throw new FleetError('ROOM_CLOSED');
  }

  /** Whom the match token speaks for; refuses one that is not a lobby node's, or for another room. */
  member(roomId: string, matchToken: string): RoomStartRequest {
    const verified = this.#options.tokens.verifyMatch(matchToken);
    const refuse = (detail: string) => new FleetError('MATCH_TOKEN_INVALID', { detail, field: 'body.matchToken' });
    if (!verified.ok) throw refuse(verified.fault === 'expired' ? 'it has expired' : 'it is not one of ours');
    const { iss, sub, room } = verified.claims;
    // Game nodes are given no key for matches; should one have got hold of one, it must not be able to make up rooms.
    if (this.#options.view.node(this.#options.game.cluster, iss) !== undefined) throw refuse('no lobby node signed it');
    if (room.id !== roomId) throw refuse('it is for another room');
    if (!room.members.includes(sub)) throw refuse('its player is not a member');
    return { roomId, mode: room.mode, playerId: sub, members: room.members };
  }

  /** Where this start of a game node is reached; null while it is silent, restarted, sealed or gone. A draining node keeps its rooms. */
  async #roomEndpoint(nodeId: string, startId: string): Promise<string | null> {
    const { game, view } = this.#options;
    const seen = view.node(game.cluster, nodeId);
    if (seen !== undefined) {
      const reachable = seen.health === 'green' || seen.health === 'held';
      return reachable && seen.startId === startId && seen.phase !== 'sealed' ? seen.endpoint : null;
    }
    const known = await game.seats.node(nodeId);
    const usable = known?.startId === startId && known.standing !== 'suspect' && known.standing !== 'sealed';
    return usable ? known.endpoint : null;
  }

  /** Signs the ticket of a seat. */
  ticket(seat: Seat, endpoint: string): AssignReply {
    const { tokens, ticketTtlMs } = this.#options;
    // Whole seconds, rounded down: a ticket never outlives what the registry keeps for it.
    const exp = Math.floor(seat.ticketExpiresAtMs / 1000);
    const claims = {
      jti: seat.jti,
      rid: seat.rid,
      sub: seat.playerId,
      aud: seat.nodeId,
      st: seat.startId,
      iat: Math.floor((seat.ticketExpiresAtMs - ticketTtlMs) / 1000),
      exp,
    };
    const ticket = tokens.signTicket(seat.room === undefined ? claims : { ...claims, room: seat.room });
    return { endpoint, ticket, expiresAt: this.#isoTime(exp), nodeId: seat.nodeId };
  }

  #reserveOptions(exclude: readonly string[]): ReserveOptions {
    return { ticketTtlMs: this.#options.ticketTtlMs, exclude, policy: this.#options.policy ?? 'spread' };
  }

  #refused(cluster: string, code: Refusal): FleetError {
    this.#options.onRefused(cluster, code);
    return new FleetError(code);
  }
}

/**
 * Ids of seats and tickets: unique, not secret. Short and counted rather than random: the registry keeps one for each seat, and
 * its script then takes about half the time (Redis 7: 8 µs a seat instead of 14).
 */
export function ids(): () => string {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return () => `${prefix}.${(count++).toString(36)}`;
}

/** Seconds since 1970 as ISO 8601. Tickets of one second share the text: making it is a twentieth of an assignment. */
function isoTimes(): (seconds: number) => string {
  let last = { seconds: Number.NaN, text: '' };
  return (seconds) => {
    if (seconds !== last.seconds) last = { seconds, text: new Date(seconds * 1000).toISOString() };
    return last.text;
  };
}

/** The result as bounded JSON text, so that no caller can make the list of events unreadable. */
function resultText(result: unknown): string | undefined {
  if (result === undefined) return undefined;
  try {
    return JSON.stringify(result).slice(0, MAX_RESULT_CHARS);
  } catch {
    throw new FleetError('INVALID', { detail: 'nested too deeply', field: 'body.result' });
  }
}
