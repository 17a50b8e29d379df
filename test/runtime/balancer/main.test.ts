import { fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { io as connect } from 'socket.io-client';
import { z } from 'zod';
import { type Balancer, startBalancer } from '../../../runtime/balancer/balancer';
import { BalancerEnv } from '../../../runtime/balancer/env';
import { envMistakes } from '../../../runtime/program';
import { eventually } from '../../support/eventually';
import { testStack } from '../../support/redis';
import { instance, keptLog, ListedFleet, realNode, silentLog, socketServer } from './support';

const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The environment of a balancer, as text. */
function variables(over: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    STACK: testStack(),
    BALANCER_ID: 'b1',
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: process.env.TEST_REDIS_URL ?? '',
    MASTER_KEYS: randomBytes(32).toString('hex'),
    AGENT_PRIVATE_KEY: Buffer.from(privateKey).toString('base64'),
    API_KEYS: 'key',
    FLEET: 'local:http://:token@127.0.0.1:1',
    POLL_MS: '100',
    ...over,
  };
}

async function start(env: BalancerEnv, log = silentLog): Promise<Balancer> {
  const balancer = await startBalancer(env, log);
  undo.push(() => balancer.stop());
  return balancer;
}

async function ask(port: number, path: string, body?: object) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.text() };
}

describe('the balancer', () => {
  it('finds a node, sends a player there, and sees the player arrive', async () => {
    const node = await realNode('lobby-1', publicKey, { cluster: 'lobby' });
    undo.push(() => node.stop());
    const fleet = new ListedFleet([instance('lobby-1', node.url, { cluster: 'lobby' })]);
    const describe = fleet.describe.bind(fleet);
    const onlyLobby = Object.assign(fleet, {
      describe: (name: string) => (name === 'lobby' ? describe() : Promise.resolve([])),
    });
    const { port, privatePort } = await start({ ...BalancerEnv.parse(variables()), FLEET: onlyLobby });
    await eventually('it is ready', async () => (await ask(privatePort, '/readyz')).status === 200);
    await eventually('its clusters are home', async () => (await ask(privatePort, '/homez')).status === 200, 10_000);

    const join = () => ask(port, '/v1/lobby', { playerId: 'p1' });
    const joined = await eventually('a place is given', () => join().then((reply) => reply.status === 200 && reply));
    const { ticket, endpoint } = z.object({ ticket: z.string(), endpoint: z.string() }).parse(JSON.parse(joined.body));
    expect(endpoint).toBe(node.url);
    const player = connect(endpoint, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query: { ticket },
    });
    undo.push(() => player.disconnect());
    await eventually('the player is let in', () => player.connected);
    await eventually('the player is counted, and the reservation fulfilled', async () => {
      const { body } = await ask(port, '/v1/clusters');
      return /"sessions":1\b/.test(body) && /"pending":0\b/.test(body);
    });
    await eventually('it is told', async () => (await ask(port, '/v1/events')).body.includes('node-green'));
  });

  it('starts without Redis: says so, serves /healthz, refuses joins for now', async () => {
    const { log, lines } = keptLog();
    const { port, privatePort } = await start(BalancerEnv.parse(variables({ REDIS_URL: 'redis://127.0.0.1:1' })), log);
    expect((await ask(port, '/healthz')).status).toBe(200);
    const ready = await ask(privatePort, '/readyz');
    expect([ready.status, JSON.parse(ready.body)]).toEqual([
      503,
      { status: 'not ready', reason: expect.stringMatching(/^Redis cannot be reached: /) },
    ]);
    const join = await ask(port, '/v1/lobby', { playerId: 'p1' });
    expect([join.status, join.body]).toEqual([503, expect.stringContaining('NO_NODES')]);
    await eventually('the log says so', () => lines.some(({ msg }) => msg.startsWith('Redis cannot be reached')));
    expect((await ask(privatePort, '/homez')).status).toBe(503);
    expect((await ask(privatePort, '/other')).status).toBe(404);
  });

  it('refuses a home that it does not watch', async () => {
    const env = BalancerEnv.parse(variables({ HOME_CLUSTERS: 'lobby,gmae' }));
    await expect(startBalancer(env, silentLog)).rejects.toThrow(
      'HOME_CLUSTERS: gmae is not among CLUSTERS (lobby,game)',
    );
  });

  it.each(['PORT', 'PRIVATE_PORT'])('says which port is in use: %s', async (name) => {
    const { io, port } = await socketServer();
    undo.push(() => io.close());
    const env = BalancerEnv.parse(variables({ [name]: String(port) }));
    await expect(startBalancer(env, silentLog)).rejects.toThrow(`${name} ${port} of 127.0.0.1 is in use`);
  });

  it('runs as a program: announces its port, ends with code 0 on SIGTERM', async () => {
    const program = join(__dirname, '../../../runtime/balancer/main.ts');
    const env = { PATH: process.env.PATH, LOG_LEVEL: 'silent', ...variables() };
    const child = fork(program, { execArgv: ['--import', 'tsx'], env });
    undo.push(() => child.kill('SIGKILL'));
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const message = await new Promise((resolve) => child.once('message', resolve));
    const { port } = z.object({ ready: z.literal(true), port: z.int() }).parse(message);
    expect((await ask(port, '/healthz')).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});

describe('its configuration', () => {
  it('has defaults for what may be left out', () => {
    const { CLUSTERS, TICKET_TTL_MS, RED_AFTER_MS, PRIVATE_PORT } = BalancerEnv.parse(variables());
    expect([CLUSTERS, TICKET_TTL_MS, RED_AFTER_MS, PRIVATE_PORT]).toEqual([['lobby', 'game'], 15_000, 30_000, 0]);
  });

  it('names all mistakes at once', () => {
    const parsed = BalancerEnv.safeParse({
      ...variables({ PORT: '99999', MASTER_KEYS: 'abc', AGENT_PRIVATE_KEY: 'abc', CLUSTERS: 'a,a', FLEET: 'aws' }),
      STACK: undefined,
    });
    if (parsed.success) throw new Error('mistakes are expected');
    const mistakes = envMistakes(parsed.error).split('\n');
    expect(mistakes.map((line) => line.trim().split(':')[0])).toEqual([
      ...['STACK', 'CLUSTERS', 'PORT', 'MASTER_KEYS', 'AGENT_PRIVATE_KEY', 'FLEET'],
    ]);
    expect(mistakes[3]).toContain('at least 32 bytes');
  });

  it('asks over HTTP only clusters that it watches, each in one way', () => {
    const mistakes = (PROBES: string) => {
      const parsed = BalancerEnv.safeParse(variables({ CLUSTERS: 'lobby,tcp', PROBES }));
      return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    };
    expect(mistakes('tcp=http')).toEqual([]);
    expect(mistakes('udp=http')).toEqual(['PROBES: names udp, which CLUSTERS does not']);
    expect(mistakes('tcp=http,tcp=http:9101')).toEqual(['PROBES: names a cluster twice']);
  });
});
