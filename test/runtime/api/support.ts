import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Assigner } from '../../../runtime/api/backend';
import { type ApiOptions, createApi } from '../../../runtime/api/server';

export const KEY = 'key-one';

export const ANSWER = {
  endpoint: 'http://127.0.0.1:9100',
  ticket: 'eyJ.a.b',
  expiresAt: '2026-11-22T12:00:15.000Z',
  nodeId: 'lobby-1',
};

/** An assigner that answers the same to everybody and notes what it was asked. */
export class FakeAssigner implements Assigner {
  readonly calls: unknown[][] = [];
  failure: Error | undefined;

  async lobby(...args: unknown[]) {
    return this.#answer(['lobby', ...args], ANSWER);
  }

  async join(...args: unknown[]) {
    return this.#answer(['join', ...args], ANSWER);
  }

  async start(...args: unknown[]) {
    return this.#answer(['start', ...args], ANSWER);
  }

  async finish(...args: unknown[]) {
    return this.#answer(['finish', ...args], { status: 'ended' as const });
  }

  async room(roomId: string) {
    const status = 'matched' as const;
    return this.#answer(['room', roomId], {
      roomId,
      mode: 'battle',
      status,
      nodeId: null,
      endpoint: null,
      members: [],
    });
  }

  #answer<T>(call: unknown[], value: T): T {
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
    return value;
  }
}

/** An API over the fake, and a request that shows the key unless told otherwise. */
export function fakeApi(over: Partial<ApiOptions> = {}) {
  const assigner = new FakeAssigner();
  const app: FastifyInstance = createApi({
    assigner,
    clusters: { clusters: () => [], snapshot: () => undefined, maintenance: () => null },
    events: { after: () => [] },
    apiKeys: [KEY, 'key-two'],
    random: () => 0.5,
    ...over,
  });
  const ask = async (options: InjectOptions) => {
    const reply = await app.inject({ ...options, headers: { authorization: `Bearer ${KEY}`, ...options.headers } });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
  };
  const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    ask({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  return { app, assigner, ask, post };
}
