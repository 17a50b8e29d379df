import type { Socket } from 'socket.io';
import { ERRORS, type ErrorCode } from '../core/errors';
import { fullBucket, type Rate, takeToken } from '../core/token-bucket';

/** Longest detail of an ERROR, in characters: it may quote what the client sent. */
const MAX_DETAIL = 200;
/** Least time between two RATE_LIMITED errors to one client, in milliseconds. */
const RATE_ERROR_EVERY_MS = 1_000;

export function sendError(socket: Socket, code: ErrorCode, detail?: string): void {
  const { message } = ERRORS[code];
  socket.emit('ERROR', {
    code,
    message: detail === undefined ? message : `${message} (${detail.slice(0, MAX_DETAIL)})`,
  });
}

/** Lets through what this client may send: the known events, at a bounded rate. The surplus is dropped, and costs nobody else. */
export function guardMessages(socket: Socket, events: readonly string[], rate: Rate): void {
  let bucket = fullBucket(rate, performance.now());
  let toldAtMs = Number.NEGATIVE_INFINITY;
  socket.use(([event], next) => {
    const nowMs = performance.now();
    const taken = takeToken(bucket, rate, nowMs);
    bucket = taken.bucket;
    if (!taken.allowed) {
      if (nowMs - toldAtMs < RATE_ERROR_EVERY_MS) return;
      toldAtMs = nowMs;
      return sendError(socket, 'RATE_LIMITED', `more than ${rate.perSecond} a second`);
    }
    if (!events.includes(event)) {
      return sendError(socket, 'BAD_PAYLOAD', `there is no event "${event}" here, only ${events.join(', ')}`);
    }
    next();
  });
}
