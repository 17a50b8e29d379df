import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { agentProbes } from '../../../../runtime/balancer/watch/agent-probe';
import type { Probe } from '../../../../runtime/balancer/watch/probe';
import { AGENT_PROTOCOL } from '../../../../runtime/core/protocol/agent';
import { freePort } from '../../../../runtime/local/port';
import { RedisLease, RedisSeats, StaleEpoch } from '../../../../runtime/registry';
import { seatKeys } from '../../../../runtime/registry/keys';
import { parseMasterKeys } from '../../../../runtime/tickets/keys';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';
import { instance, type RealNode, realNode, silentLog } from '../support';

const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const PROGRAM = join(__dirname, '../../../../runtime/balancer/main.ts');
/** The design's 5 s, with room for a busy machine. */
const WITHIN_MS = 8_000;

const redis = testRedis();
const stack = testStack();
const lease = new RedisLease(redis, stack, 'lobby');
const masterKeys = randomBytes(32).toString('hex');
const keys = { masterKeys: parseMasterKeys(masterKeys), agentKeys: [privateKey] };
const running = new Map<string, ChildProcess>();
const ports = new Map<string, number>();
const privatePorts = new Map<string, number>();
let node: RealNode;
let probe: Probe;
let fleet: ReturnType<typeof createServer>;

/** `home` prefers the lobby, `away` the game, which has no nodes. Starts of one balancer are told apart by the second part of their name. */
async function start(id: 'home' | 'away'): Promise<void> {
  const other = id === 'home' ? 'away' : 'home';
  const { port: fleetPort } = fleet.address() as AddressInfo;
  const child = fork(PROGRAM, {
    execArgv: ['--import', 'tsx'],
    env: {
      ...{ PATH: process.env.PATH, LOG_LEVEL: 'silent', STACK: stack, BALANCER_ID: id, HOST: '127.0.0.1', PORT: '0' },
      ...{
        CLUSTERS: 'lobby,game',
        HOME_CLUSTERS: id === 'home' ? 'lobby' : 'game',
        API_KEYS: 'key',
        MASTER_KEYS: masterKeys,
      },
      ...{ REDIS_URL: process.env.TEST_REDIS_URL, AGENT_PRIVATE_KEY: Buffer.from(privateKey).toString('base64') },
      ...{ FLEET: `local:http://:t@127.0.0.1:${fleetPort}`, POLL_MS: '500', LEASE_TTL_MS: '1200', STEADY_MS: '600' },
      ...{ PRIVATE_PORT: String(privatePorts.get(id)), PEER_URL: `http://127.0.0.1:${privatePorts.get(other)}` },
    },
  });
  running.set(id, child);
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${id} ended with code ${code}`)));
  });
  ports.set(id, z.object({ port: z.int() }).parse(message).port);
}

const owner = async () => (await lease.read()).lease?.owner.split('/')[0];

/** The cluster is owned by this one, under a higher epoch than before, and its nodes are polled and written. */
async function owned(by: 'home' | 'away', above: number): Promise<number> {
  const epoch = await eventually(
    `${by} owns it`,
    async () => {
      const { lease: held } = await lease.read();
      return held?.owner.startsWith(`${by}/`) && held.epoch;
    },
    WITHIN_MS,
  );
  expect(epoch).toBeGreaterThan(above);
  const { load } = seatKeys(stack, 'lobby');
  await redis.del(load);
  await eventually('it writes the nodes', async () => (await redis.zcard(load)) === 1);
  // On a machine without time for it the lease may have run out meanwhile, and come back: then it is the newer epoch that counts.
  return eventually('the node obeys it, and nobody before it', async () => {
    const { lease: held } = await lease.read();
    if (held?.owner.startsWith(`${by}/`) !== true || (await undrain(held.epoch - 1))) return null;
    return (await undrain(held.epoch)) ? held.epoch : null;
  });
}

/** Gives the node an order that changes nothing; whether it was taken. */
async function undrain(epoch: number): Promise<boolean> {
  const reply = await probe.order({ v: AGENT_PROTOCOL, kind: 'undrain', epoch }, 2_000);
  return reply.ok;
}

/** A join at this balancer's API, repeated like any client does when it is told to come again: a poll may be late here. */
async function ask(id: string, tries = 3): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${ports.get(id)}/v1/lobby`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ playerId: 'p1' }),
  });
  if (status !== 503 || tries === 1) return status;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return ask(id, tries - 1);
}

beforeAll(async () => {
  node = await realNode('n1', publicKey, { cluster: 'lobby' });
  const { url: endpoint } = node;
  const probes = agentProbes({
    balancerId: 'test',
    keys: () => keys,
    log: silentLog,
  });
  probe = probes({ ...instance('n1', endpoint, { cluster: 'lobby' }), endpoint }, () => undefined);
  const instances = [{ nodeId: 'n1', cluster: 'lobby', endpoint, zone: 'a', launchedAtMs: 1, state: 'running' }];
  fleet = createServer(({ url }, response) => {
    response.end(JSON.stringify({ instances: url?.includes('lobby') ? instances : [] }));
  });
  await new Promise<void>((resolve) => fleet.listen(0, '127.0.0.1', resolve));
  for (const id of ['home', 'away']) privatePorts.set(id, await freePort(0));
  await Promise.all([start('home'), start('away')]);
}, 30_000);

afterAll(async () => {
  for (const child of running.values()) child.kill('SIGKILL');
  fleet.closeAllConnections();
  fleet.close();
  probe.close();
  await node.stop();
  redis.disconnect();
});

it('a killed owner is replaced while the other API goes on, and gets its cluster back; a stopped one is fenced off', async () => {
  const first = await owned('home', 0);
  await eventually('the other serves, too', async () => (await ask('away')) === 200);

  running.get('home')?.kill('SIGKILL');
  const statuses: number[] = [];
  await eventually(
    'the other takes over',
    async () => {
      statuses.push(await ask('away'));
      // Nobody arrives, and nobody confirms while there is no owner: a window is 64 reservations.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return (await owner()) === 'away';
    },
    WITHIN_MS,
  );
  expect([...new Set(statuses)]).toEqual([200]);
  const second = await owned('away', first);

  await start('home');
  const third = await owned('home', second);

  running.get('home')?.kill('SIGSTOP');
  const fourth = await owned('away', third);
  const seats = new RedisSeats(redis, stack, 'lobby');
  await expect(seats.refresh({ epoch: third, nodes: [] })).rejects.toThrow(StaleEpoch);
  running.get('home')?.kill('SIGCONT');
  const fifth = await owned('home', fourth);

  const home = running.get('home');
  const ended = new Promise((resolve) => home?.once('exit', resolve));
  home?.kill('SIGTERM');
  await ended;
  // Without a gap: it was handed over before the end.
  expect(await owner()).toBe('away');
  await owned('away', fifth);
}, 60_000);
