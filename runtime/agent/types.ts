import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import type { ErrorCode } from '../core/errors';
import type { Metrics, NodeKey, Phase, RoomReport } from '../core/protocol/agent';
import type { TicketRoom } from '../core/protocol/ticket';

/** How long a session outlives its connection when nothing else is said, in milliseconds. */
export const DEFAULT_GRACE_MS = 15_000;

/** Any pino logger fits; so does an object with these three. */
export type AgentLog = Pick<Logger, 'info' | 'warn' | 'error'>;

export interface AgentOptions {
  /** Unique id of this node; tickets and agent tokens name it. */
  readonly nodeId: string;
  /** The cluster that this node belongs to. */
  readonly cluster: string;
  /** Hash of what this node runs, for rolling replacement. */
  readonly version: string;
  /** Players that this node takes; at least 1. */
  readonly capacity: number;
  /** Balancers' Ed25519 public keys, PEM (SPKI); one, or two during a rotation. */
  readonly publicKeys: readonly string[];
  /** How long a session outlives its connection, in milliseconds. @default 15_000 */
  readonly graceMs?: number;
  /**
   * Whether this player may be asked to go to another node just now. A game says no for players in a room.
   * @default every player may
   */
  readonly canMove?: (playerId: string) => boolean;
  /** Where the rooms are, on a node that has rooms. @default no rooms */
  readonly rooms?: RoomSource;
  /**
   * Numbers of the server's own that may size its cluster, e.g. the length of a queue; read at every poll, so it must be quick.
   * 31 at most, finite; others are left out. `cpu` (percent of one core over the last second) is always there. @default none
   */
  readonly metrics?: () => Metrics;
  /**
   * A file that somebody makes when this machine will go away soon, as a Spot instance does two minutes after its notice: the
   * balancer drains the node at once, and asks players to move. @default nobody says so
   */
  readonly leavingFile?: string;
  /** @default nothing is logged */
  readonly log?: AgentLog;
}

/** What a server with rooms tells the agent; changes are announced with `agent.roomChanged`. */
export interface RoomSource {
  /** All rooms on the node now, and those that closed lately. */
  reports(): readonly RoomReport[];
  /** The balancer's order: this room lives elsewhere now. Does nothing when there is no such room, or a newer generation of it. */
  close(roomId: string, gen: number): void;
}

/** left: the client disconnected on purpose. closed: this server disconnected it. expired: the grace time after a loss ran out. */
export type SessionEndReason = 'left' | 'closed' | 'expired' | 'kicked';

/** What is known of the player behind a socket. */
export interface PlayerSession {
  readonly playerId: string;
  /** The room that the ticket admits to; undefined in clusters without rooms. */
  readonly room: TicketRoom | undefined;
  /** True when this connection came with a resume token. */
  readonly resumed: boolean;
}

/** What a node can say of itself, now or since its start; for metrics. */
export interface NodeFigures {
  readonly phase: Phase;
  /** Players' connections open now. */
  readonly connections: number;
  /** Admitted players: connected, or within the grace time. */
  readonly sessions: number;
  readonly capacity: number;
  /** The event loop's delay, 99th percentile of the last second, in milliseconds. */
  readonly loopDelayMs: number;
  /** Handshakes that were let in. */
  readonly admitted: Readonly<Record<'ticket' | 'resume', number>>;
  /** Handshakes that were refused, by code. */
  readonly refused: ReadonlyMap<ErrorCode, number>;
  /** Messages of players' connections; undefined when the agent does not see them. */
  readonly messages?: Traffic | undefined;
}

/** Messages so far: from players, and to them. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

/** Whether new players are kept out. */
export interface Maintained {
  readonly on: boolean;
  /** When it is expected to end, Unix milliseconds; null: nobody said. */
  readonly untilMs: number | null;
}

/** The part of a node's process that answers the balancers and admits players, whatever the protocol. */
export interface AgentBase {
  readonly nodeId: string;
  /** Random at each start of the process: tickets are for one start. */
  readonly startId: string;
  readonly phase: Phase;
  /** Admitted players: connected, or within the grace time. */
  readonly sessions: number;
  /** Players' connections open now. */
  readonly connections: number;
  figures(): NodeFigures;
  /** The key to sign match tokens with (`tickets/tokens.ts`, `signer`); null until the first balancer has come, and where no matches are made. */
  matchSigner(): NodeKey | null;
  /** A room is new or has changed: the balancers hear of it with their next poll. */
  roomChanged(report: RoomReport): void;
  /** A player is gone for good. Called before the `disconnect` handlers of the same socket. Returns how to unsubscribe. */
  onSessionEnd(listener: (playerId: string, reason: SessionEndReason) => void): () => void;
  /** The node was told to drain, to open again, or was sealed. Returns how to unsubscribe. */
  onPhase(listener: (phase: Phase) => void): () => void;
  /** A maintenance began, ended, or is expected to end at another time: a server may tell its players. Returns how to unsubscribe. */
  onMaintenance(listener: (news: Maintained) => void): () => void;
  /** Ends timers and refuses every handshake from now on; open connections are the server's to close. */
  stop(): void;
}

/** The agent of a socket.io server. */
export interface Agent extends AgentBase {
  /** The player behind a socket, also after it disconnected. Throws for a socket that is not a player's. */
  session(socket: Socket): PlayerSession;
}

/** One connection of a player, as a server with a protocol of its own has it. Both are called after `join` has returned. */
export interface PlainConnection {
  /** The same player has connected again: tell this one, and close it. It is no session's any more; what it does next counts nothing. */
  replaced(): void;
  /** An operator has ended the session: tell the player, and close it. @default `replaced` */
  kicked?(): void;
  /** Ask the player to get another node from the API and to go there within `afterMs` (milliseconds). */
  move(afterMs: number): void;
}

/** A player who was let in. */
export interface Joined extends PlayerSession {
  /** For the client, to come back with within `graceMs` (milliseconds) after losing the connection. */
  readonly resumeToken: string;
  readonly graceMs: number;
  /** The client is known to have the new token (it said something after it): the one that it came with is void. */
  confirm(): void;
  /** The connection broke: the grace time begins. Nothing when the player has left, or has connected again. */
  lost(): void;
  /** The player is gone for good: the client said so (`left`), or this server ends it (`closed`). Nothing the second time. */
  leave(reason: 'left' | 'closed'): void;
}

/** What came of showing a ticket or a resume token. */
export type Joining =
  | { readonly ok: true; readonly player: Joined }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** The agent of a server with a protocol of its own. */
export interface PlainAgent extends AgentBase {
  /** Asks for admission with what the client showed, in the turn of the event loop in which it arrived. Never throws. */
  join(shown: { readonly ticket: string } | { readonly resume: string }, connection: PlainConnection): Joining;
  /**
   * Answers balancers over HTTP: `POST /agent/stats` and so on. Let it listen on a port of its own, or hand it connections of the
   * server's own port: `questions.emit('connection', socket)`. Not listening yet; close it after `stop()`.
   */
  readonly questions: HttpServer;
}
