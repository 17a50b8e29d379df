import { z } from 'zod';
import { Id } from './limits';

/** Client → lobby. */
export const EnterPayload = z.strictObject({ mode: Id, pool: Id.default('default') });
export type EnterPayload = z.infer<typeof EnterPayload>;

/** Client → game: the room that the ticket names, said again as in the original. */
export const ConnectPayload = z.strictObject({ room_id: Id });
export type ConnectPayload = z.infer<typeof ConnectPayload>;

/** Client → game, reference game: position in pixels; coordinates are finite numbers. */
export const PositionPayload = z.strictObject({ x: z.number(), y: z.number() });
export type PositionPayload = z.infer<typeof PositionPayload>;

/** Node → client right after the connection: what to show as `resume` in the handshake's query to come back to this node. */
export interface SessionEvent {
  readonly resume_token: string;
  /** How long after a loss of connection the session is kept, in milliseconds. */
  readonly grace_ms: number;
}

/** Lobby → client: the room is decided. Sent again until acknowledged. */
export interface AllConnectedEvent {
  readonly room_id: string;
  readonly match_token: string;
  readonly members: readonly string[];
}

/** Lobby → client: nobody to play with within the mode's time limit; ENTER again to go on. */
export interface MatchTimeoutEvent {
  readonly mode: string;
  readonly waited_ms: number;
}

/** Game → client: a member is in the room (also for oneself, as the answer to CONNECT). */
export interface JoinedEvent {
  readonly room_id: string;
  readonly player: string;
  /** Who is in the room now. */
  readonly present: readonly string[];
  /** True once every expected member has joined. */
  readonly complete: boolean;
}

/** Game → client: a member left for good (finished, or the grace time after a loss is over). */
export interface LeftEvent {
  readonly room_id: string;
  readonly player: string;
}

/** Game → client: the room is over on this node. `incomplete` and `moved`: go back to the lobby, or `start` again. */
export interface RoomClosedEvent {
  readonly room_id: string;
  readonly reason: 'incomplete' | 'empty' | 'moved' | 'ended';
}

/** Game → client, reference game: the latest position of each player that moved since the last tick. */
export interface StateEvent {
  readonly room_id: string;
  readonly tick: number;
  readonly positions: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
}

/** Node → client: ask the API for another node within `after_ms`, then connect there. */
export interface MoveEvent {
  readonly after_ms: number;
}

/** Node → client. The codes are those of the error table that may reach a socket. */
export interface ErrorEvent {
  readonly code: string;
  readonly message: string;
}

export interface LobbyToClient {
  SESSION: (event: SessionEvent) => void;
  ALL_CONNECTED: (event: AllConnectedEvent, ack: () => void) => void;
  MATCH_TIMEOUT: (event: MatchTimeoutEvent) => void;
  MOVE: (event: MoveEvent) => void;
  ERROR: (event: ErrorEvent) => void;
}

/** ENTER and LEAVE may carry an acknowledgement callback; it is called once the registry knows. */
export interface ClientToLobby {
  ENTER: (payload: { mode: string; pool?: string }, ack?: (reply: { status: 'waiting' | 'matched' }) => void) => void;
  LEAVE: (payload: unknown, ack?: (reply: { status: 'left' | 'matched' }) => void) => void;
}

export interface GameToClient {
  SESSION: (event: SessionEvent) => void;
  JOINED: (event: JoinedEvent) => void;
  LEFT: (event: LeftEvent) => void;
  ROOM_CLOSED: (event: RoomClosedEvent) => void;
  STATE: (event: StateEvent) => void;
  ERROR: (event: ErrorEvent) => void;
}

export interface ClientToGame {
  CONNECT: (payload: ConnectPayload) => void;
  POSITION: (payload: PositionPayload) => void;
}
