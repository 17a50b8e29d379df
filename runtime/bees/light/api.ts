import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { HttpAnswer, Post } from '../../client';

/** Connections to the API at once; further requests wait, and their wait counts. */
const MOST_SOCKETS = 512;

/**
 * How bees ask the API: by node:http over kept connections, which costs a fraction of `fetch`.
 * @param from addresses to connect from, in turn. @default the system's choice
 */
export function lightPost(from: readonly string[] = []): Post {
  const addresses: (string | undefined)[] = from.length === 0 ? [undefined] : [...from];
  const options = { keepAlive: true, maxSockets: Math.ceil(MOST_SOCKETS / addresses.length) };
  const agents = addresses.map((localAddress) => ({
    plain: new Agent({ ...options, ...(localAddress !== undefined && { localAddress }) }),
    secure: new TlsAgent({ ...options, ...(localAddress !== undefined && { localAddress }) }),
  }));
  let turn = 0;
  return (url, headers, body, signal) => {
    const agent = agents[turn++ % agents.length];
    const secure = url.startsWith('https:');
    const length = { 'Content-Length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const ask = (secure ? tlsRequest : request)(url, {
        method: 'POST',
        headers: { ...headers, ...length },
        agent: secure ? agent?.secure : agent?.plain,
        signal,
      });
      ask.on('error', reject);
      ask.on('response', (response) => read(response).then((text) => resolve(answer(url, response, text)), reject));
      ask.end(body);
    });
  };
}

function read(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
}

function answer(url: string, { statusCode = 0, headers }: IncomingMessage, text: string): HttpAnswer {
  return {
    ok: statusCode >= 200 && statusCode < 300,
    status: statusCode,
    url,
    headers: { get: (name) => first(headers, name) },
    text: async () => text,
  };
}

function first(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name.toLowerCase()];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
