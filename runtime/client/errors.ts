import type { ErrorCode } from '../core/errors';
import { field, text } from './shape';

/**
 * Codes that the client itself gives, beside those of the API and the nodes (README, section "Errors").
 *
 * - `NETWORK`: the request did not reach the API, or no answer came back in time.
 * - `BAD_REPLY`: the answer is not what the protocol says; the address is probably not that of the API.
 * - `UNREACHABLE`: no connection to the node.
 * - `TIMEOUT`: the node did not answer the connection in time.
 * - `REFUSED`: the node answered and refused the handshake.
 * - `DEADLINE`: given up after `deadlineMs`; `cause` is the last error before.
 * - `CLOSED`: the caller closed or aborted.
 * - `MATCH_TIMEOUT`: the lobby found nobody to play with; enter again to go on waiting.
 * - `ROOM_INCOMPLETE`: not every member came to the room in time; back to the lobby.
 */
export type ClientCode =
  | 'NETWORK'
  | 'BAD_REPLY'
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'REFUSED'
  | 'DEADLINE'
  | 'CLOSED'
  | 'MATCH_TIMEOUT'
  | 'ROOM_INCOMPLETE';

/** What every promise of the client rejects with. Decide by `code`; the message is for people. */
export class FleetClientError extends Error {
  readonly code: ClientCode | ErrorCode | (string & {});
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** How long the API asked to wait before, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: FleetClientError['code'],
    message: string,
    extra: { readonly retry?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
    this.name = 'FleetClientError';
    this.code = code;
    this.retry = extra.retry ?? false;
    this.retryAfterMs = extra.retryAfterMs;
  }
}

/** Reason of aborted signals. A string, as without one each `abort()` makes an error with a stack, some for every player. */
export const CLOSED = 'closed by the caller';

/** The error of a cancelled operation. */
export function closed(cause?: unknown): FleetClientError {
  return new FleetClientError('CLOSED', CLOSED, { cause });
}

/** Any thrown value as a FleetClientError; what is not one yet is taken for a failure of the network. */
export function asClientError(error: unknown): FleetClientError {
  if (error instanceof FleetClientError) return error;
  // By shape: `fetch` may throw errors of another realm, which are no instances of this one's Error.
  const message = text(field(error, 'cause'), 'message') || text(error, 'message') || String(error);
  return new FleetClientError('NETWORK', message, { retry: true, cause: error });
}
