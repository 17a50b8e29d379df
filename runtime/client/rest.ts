import type { AssignReply, FinishReply } from '../core/protocol/rest';
import { FleetClientError } from './errors';
import { field, text } from './shape';

interface Ask {
  readonly playerId: string;
  /** The same for all tries of one request: send it on as the header `Idempotency-Key`. */
  readonly idempotencyKey: string;
}

interface RoomAsk extends Ask {
  readonly roomId: string;
  /** What the lobby signed for this player: the proof for `start` and `finish`. */
  readonly matchToken: string;
}

/**
 * How the client reaches the API; each method is one try, the client repeats. In production the API key lives on the game's own
 * server: implement these by requests to it, and let it pass on the API's answers as they are:
 *
 *     askLobby: async ({ idempotencyKey }, signal) =>
 *       readAssign(await fetch('/my-game/lobby', { method: 'POST', headers: { 'Idempotency-Key': idempotencyKey }, signal })),
 *
 * A rejection that is no `FleetClientError` counts as a failure of the network and is repeated.
 */
export interface FleetApi {
  askLobby(ask: Ask, signal: AbortSignal): Promise<AssignReply>;
  askStart(ask: RoomAsk, signal: AbortSignal): Promise<AssignReply>;
  askFinish(ask: RoomAsk & { readonly result?: unknown }, signal: AbortSignal): Promise<FinishReply>;
}

/** What is read of an answer; a `Response` of `fetch` is one. */
export type HttpAnswer = Pick<Response, 'ok' | 'status' | 'url' | 'text'> & {
  readonly headers: Pick<Headers, 'get'>;
};

/** Sends one request. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<HttpAnswer>;

const fetchPost: Post = (url, headers, body, signal) => fetch(url, { method: 'POST', headers, body, signal });

/**
 * The API asked directly, for callers that may hold a key: tests, bees, servers.
 * @param api its address, e.g. `http://127.0.0.1:8080`
 * @param send how requests are sent. @default fetch
 */
export function directApi(api: string, apiKey: string, send: Post = fetchPost): FleetApi {
  const base = api.replace(/\/+$/, '');
  const post = (path: string, idempotencyKey: string, body: object, signal: AbortSignal): Promise<HttpAnswer> => {
    const headers = {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': idempotencyKey,
    };
    return send(`${base}${path}`, headers, JSON.stringify(body), signal);
  };
  const room = (ask: RoomAsk, step: 'start' | 'finish'): string =>
    `/v1/rooms/${encodeURIComponent(ask.roomId)}/${step}`;
  return {
    askLobby: async (ask, signal) =>
      readAssign(await post('/v1/lobby', ask.idempotencyKey, { playerId: ask.playerId }, signal)),
    askStart: async (ask, signal) =>
      readAssign(await post(room(ask, 'start'), ask.idempotencyKey, { matchToken: ask.matchToken }, signal)),
    askFinish: async (ask, signal) =>
      readFinish(
        await post(
          room(ask, 'finish'),
          ask.idempotencyKey,
          { matchToken: ask.matchToken, ...(ask.result === undefined ? {} : { result: ask.result }) },
          signal,
        ),
      ),
  };
}

/** Reads the API's answer to `lobby` or `start`. @throws FleetClientError with the API's code, or `BAD_REPLY` */
export async function readAssign(response: HttpAnswer): Promise<AssignReply> {
  const body = await readJson(response);
  const endpoint = text(body, 'endpoint');
  const ticket = text(body, 'ticket');
  const expiresAt = text(body, 'expiresAt');
  const nodeId = text(body, 'nodeId');
  if (endpoint === undefined || ticket === undefined || expiresAt === undefined || nodeId === undefined) {
    throw badReply(response);
  }
  return { endpoint, ticket, expiresAt, nodeId };
}

/** Reads the API's answer to `finish`. @throws FleetClientError with the API's code, or `BAD_REPLY` */
export async function readFinish(response: HttpAnswer): Promise<FinishReply> {
  const status = text(await readJson(response), 'status');
  if (status !== 'finished' && status !== 'ended') throw badReply(response);
  return { status };
}

async function readJson(response: HttpAnswer): Promise<unknown> {
  // The body is read in any case: an unread one would hold on to the connection.
  const raw = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    body = undefined;
  }
  if (response.ok) return body;
  // 502 and 504 come from whatever stands before the API, in a form of its own.
  const retry = response.status === 502 || response.status === 503 || response.status === 504;
  const error = field(body, 'error');
  const code = text(error, 'code') ?? (retry ? 'UNAVAILABLE' : 'BAD_REPLY');
  throw new FleetClientError(code, `${response.status} ${code}: ${text(error, 'message') ?? 'no reason given'}`, {
    retry,
    retryAfterMs: retryAfterMs(error, response.headers.get('Retry-After')),
  });
}

function retryAfterMs(error: unknown, header: string | null): number | undefined {
  const exact = field(error, 'retryAfterMs');
  if (typeof exact === 'number' && exact >= 0) return exact;
  const seconds = header === null ? Number.NaN : Number(header);
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

function badReply(response: HttpAnswer): FleetClientError {
  return new FleetClientError('BAD_REPLY', `not an answer of the API (${response.status} from ${response.url})`);
}
