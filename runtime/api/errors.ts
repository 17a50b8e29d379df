import { ERRORS, type ErrorCode, FleetError } from '../core/errors';
import type { ErrorReply } from '../core/protocol/rest';
import { RegistryUnavailable } from '../registry/types';

/** How long a client is asked to wait before the next try, in milliseconds, before jitter. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  FULL: 2_000,
  BUSY: 300,
  NO_NODES: 1_000,
  UNAVAILABLE: 1_000,
  MAINTENANCE: 5_000,
  WRONG_KEYS: 5_000,
};

/** Waits are spread over the stated time and half of it again, so that clients refused together do not come back together. */
const JITTER = 0.5;

/** What fastify itself refuses, by its code; any other fault of the request is INVALID. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorReply;
}

/** Any error as one of the table. What is not ours to explain becomes INTERNAL, and tells nothing of the inside. */
export function toFleetError(error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  if (error instanceof RegistryUnavailable) return new FleetError('UNAVAILABLE');
  const {
    code = '',
    statusCode = 500,
    message = '',
  } = error as { code?: string; statusCode?: number; message?: string };
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return new FleetError(known);
  if (statusCode >= 400 && statusCode < 500) {
    return new FleetError('INVALID', { detail: message, field: code === 'FST_ERR_BAD_URL' ? 'path' : 'body' });
  }
  return new FleetError('INTERNAL');
}

/** The HTTP answer. @param random uniform in [0, 1), for the jitter. */
export function errorAnswer(error: FleetError, random: number): ErrorAnswer {
  const retryAfterMs = error.retryAfterMs ?? jittered(RETRY_AFTER_MS[error.code], random);
  return {
    // A code that only sockets use has no status: it would be our mistake to send it here.
    status: ERRORS[error.code].status ?? 500,
    headers: {
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
      ...(error.code === 'UNAUTHORIZED' && { 'www-authenticate': 'Bearer' }),
    },
    body: {
      error: {
        code: error.code,
        message: error.message,
        ...(error.field !== undefined && { field: error.field }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    },
  };
}

function jittered(baseMs: number | undefined, random: number): number | undefined {
  return baseMs === undefined ? undefined : Math.round(baseMs * (1 + JITTER * random));
}
