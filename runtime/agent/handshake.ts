import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import type { ErrorCode } from '../core/errors';

type Engine = Server['engine'];

/** engine.io's own code for "forbidden". */
const FORBIDDEN = 4;

/**
 * Asks `admit` about every new handshake, before the upgrade, after the server's own `allowRequest` has agreed: a ticket must not be
 * used up by a handshake that is refused for another reason. Requests of an open connection (they carry `sid`) pass.
 */
export function guardHandshakes(
  engine: Engine,
  admit: (request: IncomingMessage, query: URLSearchParams) => ErrorCode | null,
): void {
  const own = engine.opts.allowRequest;
  engine.opts.allowRequest = (request, decided) => {
    const ask = (): void => {
      const query = queryOf(request);
      const code = query === null ? 'TICKET_REQUIRED' : admit(request, query);
      if (code !== null && query?.get('transport') === 'websocket') answerForbidden(request, code);
      decided(code, code === null);
    };
    if (own === undefined) ask();
    else own(request, (error, allowed) => (allowed ? ask() : decided(error, false)));
  };
}

function queryOf(request: IncomingMessage): URLSearchParams | null {
  try {
    return new URL(request.url ?? '', 'http://node').searchParams;
  } catch {
    return null;
  }
}

/** engine.io answers a refused upgrade with 400; this says 403 first, in the form in which it answers a refused poll. */
function answerForbidden(request: IncomingMessage, code: ErrorCode): void {
  const body = JSON.stringify({ code: FORBIDDEN, message: code });
  request.socket.end(
    `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
