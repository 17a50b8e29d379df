import { z } from 'zod';
import { Id, Token } from './limits';

/** Body of `POST /v1/lobby` and of `POST /v1/clusters/{cluster}/join`. */
export const JoinRequest = z.strictObject({ playerId: Id });
export type JoinRequest = z.infer<typeof JoinRequest>;

export const StartRequest = z.strictObject({ matchToken: Token });
export type StartRequest = z.infer<typeof StartRequest>;

/** `result` is the game's own business: any JSON up to the body limit; it is logged as an event, not interpreted. */
export const FinishRequest = z.strictObject({ matchToken: Token, result: z.unknown().optional() });
export type FinishRequest = z.infer<typeof FinishRequest>;

/** Answer of `POST /v1/lobby`, `join` and `start`. */
export interface AssignReply {
  /** Connect a client here, a socket.io client where the cluster speaks it, e.g. `http://203.0.113.7:9100`. */
  readonly endpoint: string;
  /** Show it as `ticket` in the handshake's query, once. */
  readonly ticket: string;
  /** When the ticket expires, ISO 8601. */
  readonly expiresAt: string;
  readonly nodeId: string;
}

export interface FinishReply {
  /** `finished`: this player is done, others still play; `ended`: that was the last one. */
  readonly status: 'finished' | 'ended';
}

export interface RoomReply {
  readonly roomId: string;
  readonly mode: string;
  readonly status: 'matched' | 'started' | 'complete' | 'ended' | 'dissolved';
  readonly nodeId: string | null;
  readonly endpoint: string | null;
  readonly members: readonly { readonly playerId: string; readonly finished: boolean }[];
}

export interface ErrorReply {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** The part of the input that is wrong, e.g. `body.playerId`. */
    readonly field?: string;
    /** Wait this long before the next try, in milliseconds; also in the header `Retry-After`, in seconds. */
    readonly retryAfterMs?: number;
  };
}
