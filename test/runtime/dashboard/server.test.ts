import { afterEach, describe, expect, it } from '@jest/globals';
import { createOperatorServer } from '../../../runtime/dashboard/server';
import { sign } from '../../../runtime/dashboard/sessions';
import { parseMasterKeys } from '../../../runtime/tickets/keys';
import { eventually } from '../../support/eventually';
import { silentLog } from '../balancer/support';

const NEWEST = parseMasterKeys(['cd', 'ab'].map((byte) => byte.repeat(32)).join(','));
const BEFORE = parseMasterKeys(['ab', '12'].map((byte) => byte.repeat(32)).join(','));
const OTHER = parseMasterKeys('ef'.repeat(32));
const FORM = { 'content-type': 'application/x-www-form-urlencoded', host: 'page:9090', origin: 'http://page:9090' };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function server(masterKeys = NEWEST) {
  const app = createOperatorServer({
    stack: 'test-stack',
    keys: () => ({ masterKeys, apiKeys: ['good-key'] }),
    log: silentLog,
    troubles: { '/readyz': () => null, '/homez': () => 'not yet' },
    routes: [
      (added) => added.get('/secret', () => ({ secret: true })),
      (added) => added.post('/change', () => ({ changed: true })),
      (added) => added.get('/metrics', { config: { open: true } }, () => 'up 1'),
    ],
  });
  undo.push(() => app.close());
  return app;
}

/** Signs in with the form; the cookie as a browser would send it back. */
async function signedIn(app: ReturnType<typeof server>): Promise<string> {
  const reply = await app.inject({ method: 'POST', url: '/sign-in', headers: FORM, payload: 'key=good-key' });
  expect([reply.statusCode, reply.headers.location]).toEqual([303, '/']);
  return String(reply.headers['set-cookie']).split(';')[0] ?? '';
}

describe('the private port', () => {
  it('answers those open to everybody, with the reason when something is not so', async () => {
    const app = server();
    const asked = await Promise.all(['/readyz', '/homez', '/metrics'].map((url) => app.inject(url)));
    expect(asked.map(({ statusCode }) => statusCode)).toEqual([200, 503, 200]);
    expect(asked[1]?.json()).toEqual({ status: 'not ready', reason: 'not yet' });
  });

  it('asks for a key everywhere else, also where there is nothing', async () => {
    const app = server();
    for (const url of ['/secret', '/%73ecret', '/', '/nowhere', '/sign-in/x']) {
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 401]);
    }
    const headers = { authorization: 'Bearer good-key' };
    expect((await app.inject({ url: '/secret', headers })).json()).toEqual({ secret: true });
    expect((await app.inject({ url: '/nowhere', headers })).json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('sends a browser without a session to where one signs in', async () => {
    const reply = await server().inject({ url: '/secret', headers: { accept: 'text/html,*/*' } });
    expect([reply.statusCode, reply.headers.location]).toEqual([303, '/sign-in']);
  });

  it('lets its pages load nothing from elsewhere, and be framed by nobody', async () => {
    const app = server();
    for (const url of ['/sign-in', '/secret', '/readyz']) {
      const { headers } = await app.inject(url);
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['referrer-policy']).toBe('same-origin');
    }
  });
});

describe('a session', () => {
  it('begins with the API key, and needs no key from then on', async () => {
    const app = server();
    const session = await signedIn(app);
    expect((await app.inject({ url: '/secret', headers: { cookie: `a=b; ${session}` } })).statusCode).toBe(200);
  });

  it('is kept from scripts and other sites, and ends', async () => {
    const reply = await server().inject({ method: 'POST', url: '/sign-in', headers: FORM, payload: 'key=good-key' });
    expect(reply.headers['set-cookie']).toMatch(/HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/);
    const out = await server().inject({ method: 'POST', url: '/sign-out', headers: FORM });
    expect([out.headers.location, out.headers['set-cookie']]).toEqual([
      '/sign-in',
      expect.stringMatching(/Max-Age=0$/),
    ]);
  });

  it('is good on the other balancer, before and after that one has heard of a new key', async () => {
    const headers = { cookie: await signedIn(server(NEWEST)) };
    expect((await server(BEFORE).inject({ url: '/secret', headers })).statusCode).toBe(200);
    expect((await server(OTHER).inject({ url: '/secret', headers })).statusCode).toBe(401);
  });

  it.each([
    ['run out', sign('session', 'test-stack', NEWEST, Date.now() - 13 * 3_600_000)],
    ['of another stack', sign('session', 'other', NEWEST, Date.now())],
    ['made of a link', sign('link', 'test-stack', NEWEST, Date.now())],
    ['no token', 'x'],
    ['empty', ''],
  ])('is refused: %s', async (_what, token) => {
    const headers = { cookie: `realtime_session=${token}` };
    expect((await server().inject({ url: '/secret', headers })).statusCode).toBe(401);
  });

  it('counts for our own pages only', async () => {
    const app = server();
    const cookie = await signedIn(app);
    const post = async (headers: Record<string, string>) =>
      (await app.inject({ method: 'POST', url: '/change', headers: { cookie, host: 'page:9090', ...headers } }))
        .statusCode;
    expect(await post({ origin: 'http://page:9090', 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await post({})).toBe(401);
    expect(await post({ origin: 'null' })).toBe(401);
    expect(await post({ origin: 'http://page:1234', 'sec-fetch-site': 'same-site' })).toBe(401);
    const elsewhere = { cookie, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' };
    expect((await app.inject({ url: '/secret', headers: elsewhere })).statusCode).toBe(401);
  });
});

describe('signing in', () => {
  it('says what is wrong with a key, and gives no session', async () => {
    const reply = await server().inject({ method: 'POST', url: '/sign-in', headers: FORM, payload: 'key=<b>' });
    expect([reply.statusCode, reply.headers['set-cookie']]).toEqual([401, undefined]);
    expect(reply.body).toContain('role="alert">That is not a valid API key.');
  });

  it.each([
    { ...FORM, origin: 'http://evil' },
    { ...FORM, origin: 'null' },
    { ...FORM, 'sec-fetch-site': 'cross-site' },
  ])('is not done by pages of others: %j', async (headers) => {
    const reply = await server().inject({ method: 'POST', url: '/sign-in', headers, payload: 'key=good-key' });
    expect([reply.statusCode, reply.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it.each(['', 'a', 'key=', 'key=good-key&key=x', `key=${'x'.repeat(2_000)}`])('survives %p', async (payload) => {
    const reply = await server().inject({ method: 'POST', url: '/sign-in', headers: FORM, payload });
    expect([400, 401]).toContain(reply.statusCode);
  });

  it('opens with the address that the local cluster prints, for a while', async () => {
    const app = server();
    const follow = (link: string) => app.inject(`/sign-in?link=${link}`);
    const reply = await follow(sign('link', 'test-stack', NEWEST, Date.now()));
    expect([reply.statusCode, reply.headers.location]).toEqual([303, '/']);
    const headers = { cookie: String(reply.headers['set-cookie']).split(';')[0] ?? '' };
    expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(200);
    for (const link of [sign('link', 'test-stack', NEWEST, Date.now() - 3_700_000), 'x', '']) {
      expect([link, (await follow(link)).statusCode]).toEqual([link, 401]);
    }
  });

  it('makes guessing slow: wrong keys are answered one after the other, the surplus unlooked at; sessions go on', async () => {
    const app = server();
    const cookie = await signedIn(app);
    const answers: { code: string; atMs: number }[] = [];
    const sinceMs = performance.now();
    for (let guess = 0; guess < 60; guess += 1) {
      const answer = app.inject({ url: '/secret', headers: { authorization: `Bearer guess-${guess}` } });
      answer.then((reply) => answers.push({ code: reply.json().error.code, atMs: performance.now() - sinceMs }));
    }
    expect((await app.inject({ url: '/secret', headers: { cookie } })).statusCode).toBe(200);
    await eventually('the surplus is refused', () => answers.some(({ code }) => code === 'WRONG_KEYS'), 30_000);
    const slow = () => answers.filter(({ code }) => code === 'UNAUTHORIZED');
    await eventually('guesses are answered', () => slow().length >= 5, 30_000);
    expect(slow()[4]?.atMs).toBeGreaterThan(1_200);
  });
});
