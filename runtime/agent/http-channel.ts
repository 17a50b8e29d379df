import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Answers, answer, QUESTIONS, type Question } from './questions';
import type { AgentLog } from './types';

/** The largest question accepted, in bytes; `keys` is the largest, with less than 1 KiB. */
const MAX_BODY_BYTES = 16_384;

/** A question must have arrived whole within this time, in milliseconds. */
const REQUEST_TIMEOUT_MS = 5_000;

/** Who answers, and who may ask. */
export interface HttpAnswers extends Answers {
  /** Whether this is a balancer's token for this node. */
  isBalancer(token: string): boolean;
}

/**
 * The agent channel over HTTP, for servers without socket.io: `POST /agent/{hello,keys,stats,order}`, the question's payload as the
 * JSON body, the answer's as the JSON answer (200, also for an order that is refused); `Authorization: Bearer <agent token>`.
 * 401 without a valid token, 404 for anything else, 400 for what is not JSON, 413 for more than 16 KiB. Not listening yet.
 */
export function questionServer(answers: HttpAnswers, log: AgentLog | undefined): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const question = questionOf(request);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (question === undefined)
      return refuse(response, 404, 'NOT_FOUND', 'ask POST /agent/hello, keys, stats or order');
    if (token === undefined || !answers.isBalancer(token)) {
      return refuse(response, 401, 'UNAUTHORIZED', 'show a token that a balancer signed for this node');
    }
    readBody(request, (body) => {
      if (body === null) return refuse(response, 413, 'TOO_LARGE', `more than ${MAX_BODY_BYTES} bytes`);
      const payload = parse(body);
      if (payload === undefined) return refuse(response, 400, 'INVALID', 'the body is not JSON');
      send(response, 200, answer(question, payload.json, answers, log));
    });
  });
  return server;
}

function questionOf({ method, url }: IncomingMessage): Question | undefined {
  return method === 'POST' ? QUESTIONS.find((question) => url === `/agent/${question}`) : undefined;
}

/** Null when it is too large; not called when the connection breaks before the end. */
function readBody(request: IncomingMessage, done: (body: string | null) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on('error', () => undefined);
  request.on('end', () => done(bytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks).toString('utf8')));
}

/** An empty body is no payload, as `hello` needs none. */
function parse(body: string): { readonly json: unknown } | undefined {
  try {
    return { json: body === '' ? undefined : JSON.parse(body) };
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, { error: { code, message } });
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
