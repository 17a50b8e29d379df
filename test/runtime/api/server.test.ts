import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createApi } from '../../../runtime/api/server';
import { ERRORS, type ErrorCode, FleetError } from '../../../runtime/core/errors';
import { ClusterOrders } from '../../../runtime/core/orders/standing';
import { MAX_TOKEN_CHARS } from '../../../runtime/core/protocol/limits';
import type { NodeSnapshot } from '../../../runtime/core/snapshot';
import { RegistryUnavailable } from '../../../runtime/registry/types';
import { ANSWER, FakeAssigner, fakeApi, KEY } from './support';

describe('the routes', () => {
  it('hand the input to the assigner and its answer back', async () => {
    const { post, ask, assigner } = fakeApi();
    expect(await post('/v1/lobby', { playerId: 'alice' })).toMatchObject({ status: 200, body: ANSWER });
    expect(await post('/v1/lobby', { playerId: 'alice' }, { 'idempotency-key': 'k1' })).toMatchObject({ status: 200 });
    expect(await post('/v1/clusters/tcp/join', { playerId: 'bob' }, { 'idempotency-key': 'k2' })).toMatchObject({
      status: 200,
      body: ANSWER,
    });
    expect(await post('/v1/rooms/r-1/start', { matchToken: 't' })).toMatchObject({ status: 200, body: ANSWER });
    expect(await post('/v1/rooms/r-1/finish', { matchToken: 't', result: { score: [1] } })).toMatchObject({
      status: 200,
      body: { status: 'ended' },
    });
    expect(await ask({ url: '/v1/rooms/a%3Ab' })).toMatchObject({ status: 200, body: { roomId: 'a:b' } });
    expect(assigner.calls).toEqual([
      ['lobby', 'alice', undefined],
      ['lobby', 'alice', 'k1'],
      ['join', 'tcp', 'bob', 'k2'],
      ['start', 'r-1', 't'],
      ['finish', 'r-1', 't', { score: [1] }],
      ['room', 'a:b'],
    ]);
  });

  it('answer /healthz without a key, and HEAD wherever GET is', async () => {
    const { ask } = fakeApi();
    expect(await ask({ url: '/healthz', headers: { authorization: '' } })).toMatchObject({ status: 200 });
    const { app } = fakeApi();
    const head = await app.inject({ method: 'HEAD', url: '/v1/clusters', headers: { authorization: `Bearer ${KEY}` } });
    expect(head).toMatchObject({ statusCode: 200, body: '' });
  });

  it('show the clusters with their sums, and leave out one not looked at yet', async () => {
    const node = (over: Partial<NodeSnapshot>): NodeSnapshot => ({
      nodeId: 'n',
      startId: 's',
      endpoint: 'http://127.0.0.1:1',
      zone: 'a',
      version: 'v',
      health: 'green',
      phase: 'open',
      connections: 3,
      sessions: 4,
      pending: 1,
      capacity: 10,
      weight: 10,
      window: 8,
      loopDelayMs: 1,
      rssBytes: 1,
      launchedAtMs: 0,
      silentMs: 0,
      ...over,
    });
    const nodes = [
      node({ nodeId: 'a' }),
      node({ nodeId: 'b', health: 'suspect' }),
      node({ nodeId: 'c', phase: 'draining' }),
    ];
    const orders = ClusterOrders.parse({});
    const lobby = { cluster: 'lobby', atMs: 5, massFailure: false, nodes, owner: 'b1', epoch: 7, orders };
    const { ask } = fakeApi({
      clusters: {
        clusters: () => ['lobby', 'game'],
        snapshot: (name) => (name === 'lobby' ? lobby : undefined),
        maintenance: () => ({ by: 'ann', why: 'disk', atMs: 3, on: true, untilMs: 9 }),
      },
    });
    const { body } = await ask({ url: '/v1/clusters' });
    expect(body).toEqual({
      clusters: [
        { ...lobby, totals: { nodes: 3, joinable: 1, connections: 9, sessions: 12, pending: 3, capacity: 10 } },
      ],
      maintenance: { by: 'ann', why: 'disk', atMs: 3, untilMs: 9 },
    });
  });

  it('page through the events', async () => {
    const asked: number[][] = [];
    const { ask } = fakeApi({
      events: {
        after: (id, limit) => {
          asked.push([id, limit]);
          return [{ id: id + 1 }];
        },
      },
    });
    expect((await ask({ url: '/v1/events' })).body).toEqual({ events: [{ id: 1 }] });
    await ask({ url: '/v1/events?after=7&limit=1000' });
    expect(asked).toEqual([
      [0, 100],
      [7, 1000],
    ]);
    for (const query of ['after=-1', 'after=x', 'limit=0', 'limit=1001', 'limit=1&limit=2', 'other=1']) {
      const reply = await ask({ url: `/v1/events?${query}` });
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'INVALID' } } });
      expect(reply.body.error.field).toBe(`query.${query.split('=')[0]}`);
    }
  });
});

describe('the API key', () => {
  it('is asked for on all of /v1, whatever the spelling, before anything else is said', async () => {
    const { app, assigner } = fakeApi();
    const urls = [
      '/v1/lobby',
      '/v1/clusters/tcp/join',
      '/v1/rooms/r/start',
      '/v1/rooms/r',
      '/v1/clusters',
      '/v1/events',
      '/v1/nothing',
      '/%761/clusters',
    ];
    for (const url of urls) {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const reply = await app.inject({ method, url, ...(method !== 'GET' && { payload: 'not json' }) });
        expect(reply.statusCode).toBe(401);
        expect(reply.headers['www-authenticate']).toBe('Bearer');
        expect(reply.json()).toMatchObject({ error: { code: 'UNAUTHORIZED', field: 'header.authorization' } });
      }
    }
    expect(assigner.calls).toEqual([]);
  });

  it('is one of several, exactly', async () => {
    const { ask } = fakeApi();
    const status = async (authorization: string) =>
      (await ask({ url: '/v1/clusters', headers: { authorization } })).status;
    expect(await status('Bearer key-one')).toBe(200);
    expect(await status('bearer key-two')).toBe(200);
    for (const wrong of [
      'Bearer key',
      'Bearer key-one2',
      'Bearer ',
      'Basic key-one',
      'key-one',
      `Bearer ${'k'.repeat(9_000)}`,
    ]) {
      expect(await status(wrong)).toBe(401);
    }
  });

  it('must exist: an API without one does not start', () => {
    const reader = { clusters: () => [], snapshot: () => undefined, maintenance: () => null };
    const events = { after: () => [] };
    for (const apiKeys of [[], [''], ['a', 'b c']]) {
      expect(() => createApi({ assigner: new FakeAssigner(), clusters: reader, events, apiKeys })).toThrow('API_KEYS');
    }
  });
});

describe('bad input', () => {
  const long = 'x'.repeat(10_000);

  it.each<[string, unknown, string]>([
    ['not JSON', '{"playerId":', 'body'],
    ['no body', '', 'body'],
    ['not an object', '[]', 'body'],
    ['null', 'null', 'body'],
    ['a missing field', {}, 'body.playerId'],
    ['a wrong type', { playerId: 7 }, 'body.playerId'],
    ['an id of 10 kB', { playerId: long }, 'body.playerId'],
    ['an id with a space', { playerId: 'a b' }, 'body.playerId'],
    ['an unknown field', { playerId: 'a', admin: true }, 'body.admin'],
    ['a poisoned prototype', '{"playerId":"a","__proto__":{"x":1}}', 'body'],
  ])('%s → 400 that names the field', async (_, payload, field) => {
    const { post, assigner } = fakeApi();
    const reply = await post('/v1/lobby', payload);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'INVALID', field } } });
    expect(assigner.calls).toEqual([]);
  });

  it('is not echoed at length', async () => {
    const { post } = fakeApi();
    const { body } = await post('/v1/lobby', { playerId: 'a', [long]: 1 });
    expect(body.error.field).toHaveLength('body.'.length + 76);
    expect(JSON.stringify(body).length).toBeLessThan(400);
  });

  it('in the path: an id too long or with foreign characters', async () => {
    const { ask, post } = fakeApi();
    for (const id of [long, 'a%20b', '%00']) {
      const reply = await ask({ url: `/v1/rooms/${id}` });
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'INVALID', field: 'path.roomId' } } });
    }
    expect(await post('/v1/rooms/a%20b/start', { matchToken: 't' })).toMatchObject({ status: 400 });
    expect(await ask({ url: '/v1/rooms/%zz' })).toMatchObject({ status: 400, body: { error: { field: 'path' } } });
  });

  it.each(['', 'with space', 'twice, sent', 'ümlaut', 'k'.repeat(129)])('Idempotency-Key "%s"', async (key) => {
    const { post, assigner } = fakeApi();
    for (const [url, body] of [
      ['/v1/lobby', { playerId: 'a' }],
      ['/v1/rooms/r/start', { matchToken: 't' }],
      ['/v1/rooms/r/finish', { matchToken: 't' }],
    ] as const) {
      const reply = await post(url, body, { 'idempotency-key': key });
      expect(reply).toMatchObject({
        status: 400,
        body: { error: { code: 'INVALID', field: 'header.idempotency-key' } },
      });
    }
    expect(assigner.calls).toEqual([]);
  });

  it('a match token that is too long', async () => {
    const { post } = fakeApi();
    expect(await post('/v1/rooms/r/start', { matchToken: 't'.repeat(MAX_TOKEN_CHARS + 1) })).toMatchObject({
      status: 400,
      body: { error: { field: 'body.matchToken' } },
    });
  });

  it('a body over 64 KiB → 413, one of exactly 64 KiB is read', async () => {
    const { post } = fakeApi();
    const body = (bytes: number) => {
      const empty = JSON.stringify({ matchToken: 't', result: '' });
      return JSON.stringify({ matchToken: 't', result: 'r'.repeat(bytes - empty.length) });
    };
    expect(await post('/v1/rooms/r/finish', body(65_536))).toMatchObject({ status: 200 });
    expect(await post('/v1/rooms/r/finish', body(65_537))).toMatchObject({
      status: 413,
      body: { error: { code: 'TOO_LARGE' } },
    });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense', ''])(
    'content type "%s" → 415',
    async (type) => {
      const { post } = fakeApi();
      expect(await post('/v1/lobby', { playerId: 'a' }, { 'content-type': type })).toMatchObject({
        status: 415,
        body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } },
      });
    },
  );

  it('another path → 404, another method → 405 that says which', async () => {
    const { ask, post } = fakeApi();
    for (const url of ['/', '/v1', '/v1/rooms', '/v2/lobby', '/v1/lobby/x', '/healthz/x']) {
      expect(await ask({ url })).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    }
    expect(await ask({ method: 'PUT', url: '/v1/lobby', payload: 'x' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { error: { code: 'METHOD_NOT_ALLOWED' } },
    });
    expect(await ask({ url: '/v1/rooms/r/start' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await post('/v1/events', {})).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await ask({ method: 'OPTIONS', url: '/v1/rooms/r' })).toMatchObject({ status: 405 });
  });

  it('of any shape is answered with 200 or 400, never a crash', async () => {
    const { post } = fakeApi();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (payload) => {
        const { status } = await post('/v1/lobby', JSON.stringify(payload));
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 200 },
    );
  });
});

describe('failures', () => {
  it.each(Object.keys(ERRORS).filter((code) => ERRORS[code as ErrorCode].status !== null) as ErrorCode[])(
    '%s has its status from the table',
    async (code) => {
      const { post, assigner } = fakeApi();
      assigner.failure = new FleetError(code, { field: 'body.x' });
      const { status, body, headers } = await post('/v1/lobby', { playerId: 'a' });
      expect({ status, code: body.error.code, field: body.error.field }).toEqual({
        status: ERRORS[code].status,
        code,
        field: 'body.x',
      });
      expect(typeof body.error.retryAfterMs).toBe(ERRORS[code].retry ? 'number' : 'undefined');
      expect('retry-after' in headers).toBe(ERRORS[code].retry);
    },
  );

  it.each([
    ['FULL', 2_500, '3'],
    ['BUSY', 375, '1'],
    ['NO_NODES', 1_250, '2'],
    ['UNAVAILABLE', 1_250, '2'],
  ] as const)('%s says when to come back, with jitter', async (code, retryAfterMs, seconds) => {
    const { post, assigner } = fakeApi();
    assigner.failure = new FleetError(code);
    const reply = await post('/v1/lobby', { playerId: 'a' });
    expect(reply).toMatchObject({ headers: { 'retry-after': seconds }, body: { error: { retryAfterMs } } });
  });

  it('a registry that cannot be reached → UNAVAILABLE, and /healthz still answers', async () => {
    const { post, ask, assigner } = fakeApi();
    assigner.failure = new RegistryUnavailable(new Error('connect ECONNREFUSED'));
    expect(await post('/v1/lobby', { playerId: 'a' })).toMatchObject({
      status: 503,
      body: { error: { code: 'UNAVAILABLE' } },
    });
    expect(await ask({ url: '/healthz' })).toMatchObject({ status: 200 });
  });

  it('of ours are logged, and tell the caller nothing of the inside', async () => {
    const logged: unknown[] = [];
    const log = { level: 'info', ...noLog(), error: (...args: unknown[]) => logged.push(args), child: () => log };
    const { post, assigner } = fakeApi({ log });
    assigner.failure = new TypeError('secret detail');
    const { status, body } = await post('/v1/lobby', { playerId: 'a' });
    expect({ status, body }).toEqual({
      status: 500,
      body: { error: { code: 'INTERNAL', message: ERRORS.INTERNAL.message } },
    });
    expect(logged).toEqual([[{ err: assigner.failure, method: 'POST', route: '/v1/lobby' }, 'request failed']]);
  });
});

function noLog() {
  const nothing = () => undefined;
  return {
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    fatal: nothing,
    silent: nothing,
  };
}
