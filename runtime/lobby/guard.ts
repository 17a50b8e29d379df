import type { Socket } from 'socket.io';
import { ERRORS, type ErrorCode } from '../core/errors';
import type { ErrorEvent } from '../core/protocol/events';
import { RateLimit } from '../core/rate-limit';

/** Longest detail of an ERROR, in characters: it may quote what the client sent. */
const MAX_DETAIL = 200;

export function sendError(socket: Socket, code: ErrorCode, detail?: string): void {
  const { message } = ERRORS[code];
  const event: ErrorEvent = {
    code,
    message: detail === undefined ? message : `${message} (${detail.slice(0, MAX_DETAIL)})`,
  };
  socket.emit('ERROR', event);
}

/**
 * Lets through what this client may send: the known events, so many a second. The surplus is dropped, and costs nobody else; a client
 * that goes on far above it is disconnected.
 */
export function guardMessages(socket: Socket, events: readonly string[], maxPerSecond: number): void {
  const limit = new RateLimit(maxPerSecond, performance.now());
  socket.use(([event], next) => {
    const verdict = limit.take(performance.now());
    if (verdict === 'pass') {
      if (events.includes(event)) next();
      else sendError(socket, 'BAD_PAYLOAD', `there is no event "${event}" here, only ${events.join(', ')}`);
    } else if (verdict === 'warn') {
      sendError(socket, 'RATE_LIMITED', `at most ${maxPerSecond} per second`);
    } else if (verdict === 'expel') {
      sendError(socket, 'RATE_LIMITED', 'far too many for too long; this connection is closed');
      socket.disconnect(true);
    }
  });
}
