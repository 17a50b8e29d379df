import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { directApi, FleetClient, FleetClientError, readAssign, readFinish } from '../../../runtime/client';
import { backoffMs, sleep } from '../../../runtime/client/backoff';
import { persist } from '../../../runtime/client/retry';
import { FakeFleet } from './fake-fleet';

const OPTIONS = { deadlineMs: 2_000, requestTimeoutMs: 100, backoff: { baseMs: 5, maxMs: 20 } };

let fleet: FakeFleet | undefined;
afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
});

async function ask(mishaps: FakeFleet['mishap'], signal = new AbortController().signal) {
  fleet = await FakeFleet.start();
  fleet.mishap = mishaps;
  const api = directApi(`${fleet.api}/`, 'key');
  return await persist(
    (idempotencyKey, inner) => api.askLobby({ playerId: 'a', idempotencyKey }, inner),
    OPTIONS,
    signal,
  );
}

const BUSY = { status: 503, body: { error: { code: 'BUSY', message: 'wait', retryAfterMs: 10 } } };

describe('a request that fails for the moment', () => {
  it.each([
    ['503 with retryAfterMs', BUSY],
    ['503 with Retry-After only', { status: 503, body: 'not JSON', headers: { 'Retry-After': '0' } }],
    ['502 of a proxy', { status: 502, body: '<html>' }],
    ['504 of a proxy', { status: 504 }],
    ['an answer that is lost', 'lost'],
    ['no answer', 'unanswered'],
  ] as const)('%s: is repeated with the same idempotency key', async (_, mishap) => {
    let left = 2;
    const answer = await ask(() => (left-- > 0 ? mishap : undefined));
    expect(answer.nodeId).toBe('lobby-0');
    expect(fleet?.requests).toHaveLength(3);
    const keys = new Set(fleet?.requests.map(({ key }) => key));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('takes the pause that the API asks for, from the header too', async () => {
    let left = 1;
    const startedAtMs = performance.now();
    await ask(() => (left-- > 0 ? { status: 503, headers: { 'Retry-After': '1' } } : undefined));
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1_000);
  });

  it('is given up when the pause would pass the deadline, at once', async () => {
    const late = { status: 503, body: { error: { code: 'FULL', message: 'full', retryAfterMs: 60_000 } } };
    await expect(ask(() => late)).rejects.toMatchObject({ code: 'DEADLINE', cause: { code: 'FULL' } });
    expect(fleet?.requests).toHaveLength(1);
  });

  it('is given up at the deadline', async () => {
    await expect(ask(() => BUSY)).rejects.toMatchObject({ code: 'DEADLINE', cause: { code: 'BUSY' } });
  });

  it('does not matter any more once it is aborted', async () => {
    const controller = new AbortController();
    const asking = ask(() => {
      controller.abort('enough');
      return BUSY;
    }, controller.signal);
    await expect(asking).rejects.toMatchObject({ code: 'CLOSED', cause: 'enough' });
    expect(fleet?.requests).toHaveLength(1);
  });
});

describe('a request that fails for good', () => {
  it.each([
    [401, 'UNAUTHORIZED'],
    [410, 'ROOM_CLOSED'],
    [422, 'IDEMPOTENCY_KEY_REUSED'],
    [500, 'INTERNAL'],
  ])('%i: is not repeated', async (status, code) => {
    const failing = ask(() => ({ status, body: { error: { code, message: 'why' } } }));
    await expect(failing).rejects.toMatchObject({ code, retry: false, message: `${status} ${code}: why` });
    expect(fleet?.requests).toHaveLength(1);
  });

  it('says so when what answers is not the API', async () => {
    await expect(ask(() => ({ status: 200, body: '<html>' }))).rejects.toMatchObject({ code: 'BAD_REPLY' });
    const response = (body: unknown): Response => new Response(JSON.stringify(body));
    await expect(readAssign(response({ endpoint: 'x' }))).rejects.toMatchObject({ code: 'BAD_REPLY' });
    await expect(readFinish(response({ status: 'maybe' }))).rejects.toMatchObject({ code: 'BAD_REPLY' });
  });
});

describe("functions that ask the game's own server", () => {
  it('are repeated when they reject, and cut off when they hang', async () => {
    const calls: string[] = [];
    const never = new Promise<never>(() => {});
    const client = new FleetClient({
      playerId: 'a',
      requestTimeoutMs: 50,
      deadlineMs: 500,
      backoff: OPTIONS.backoff,
      api: {
        askLobby: ({ idempotencyKey }) => {
          calls.push(idempotencyKey);
          if (calls.length === 1) return Promise.reject(new TypeError('fetch failed'));
          return calls.length === 2 ? never : Promise.reject(new FleetClientError('BANNED', 'you are banned'));
        },
        askStart: () => never,
        askFinish: () => never,
      },
    });
    await expect(client.joinLobby()).rejects.toMatchObject({ code: 'BANNED' });
    expect(calls).toHaveLength(3);
    expect(new Set(calls).size).toBe(1);
  });
});

describe('backoffMs', () => {
  it('lies between half and all of the doubled base, and never above the maximum', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, baseMs, maxMs, random) => {
          const ceiling = Math.min(maxMs, baseMs * 2 ** attempt);
          const pause = backoffMs(attempt, { baseMs, maxMs }, random);
          expect(pause).toBeGreaterThanOrEqual(ceiling / 2);
          expect(pause).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });
});

describe('sleep', () => {
  it('rejects at once when it is or was aborted', async () => {
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort('why');
    await expect(sleeping).rejects.toMatchObject({ code: 'CLOSED', cause: 'why' });
    await expect(sleep(60_000, controller.signal)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
