import type { Socket } from 'node:net';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { type ErrorCode, FleetError } from '../core/errors';
import { errorAnswer, toFleetError } from './errors';
import { zodValidator } from './validation';

export interface FrameOptions {
  /** Gets our own failures (500); single requests are not logged. @default nobody */
  readonly log?: FastifyBaseLogger;
  /** Told the code of each error that a request was answered with, and what it came from. @default nobody */
  readonly onError?: (code: ErrorCode, cause: unknown) => void;
  /** Uniform in [0, 1), for the jitter of `retryAfterMs`. @default Math.random */
  readonly random?: () => number;
  /** What becomes of open connections when the server closes: see fastify. @default 'idle' */
  readonly forceCloseConnections?: FastifyServerOptions['forceCloseConnections'];
}

/** A server without routes whose every error, also of what is not even HTTP, is answered in the one form of `ErrorReply`. */
export interface Frame {
  readonly app: FastifyInstance;
  /** For a scope of its own whose hooks also cover what is not found there. */
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

/** The largest body accepted, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** A request must have arrived whole within this time, in milliseconds: a slow sender may not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Longer than any id, so that one that is too long is answered with what is wrong with it, not with 404. */
const MAX_PATH_PARAMETER = 16 * 1024;

/** What the API and the operators' server have in common: limits, validation by zod, errors. */
export function createFrame(options: FrameOptions): Frame {
  const { random = Math.random, forceCloseConnections = 'idle' } = options;

  const refuse = (cause: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toFleetError(cause);
    if (error.code === 'INTERNAL') {
      request.log.error({ err: cause, method: request.method, route: request.routeOptions.url }, 'request failed');
    }
    options.onError?.(error.code, cause);
    const answer = errorAnswer(error, random());
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  };
  const notFound = (request: FastifyRequest, reply: FastifyReply) =>
    refuse(new FleetError('NOT_FOUND'), request, reply);

  const app = fastify({
    ...(options.log !== undefined && { loggerInstance: options.log }),
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER },
    frameworkErrors: refuse,
    clientErrorHandler: (error, socket) => refuseConnection(error, socket),
  });
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(zodValidator);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler(notFound);
  return { app, notFound };
}

/** What is not even HTTP, or has headers over 16 KiB: answered in the same form, then closed. */
function refuseConnection(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (cause.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail = cause.code === 'HPE_HEADER_OVERFLOW' ? 'headers larger than 16 KiB' : 'not HTTP';
  const body = JSON.stringify(errorAnswer(new FleetError('INVALID', { detail, field: 'header' }), 0).body);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
