import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EventLog } from '../../../../runtime/balancer/events';
import { agentProbes } from '../../../../runtime/balancer/watch/agent-probe';
import { startWatch, type Watch } from '../../../../runtime/balancer/watch/watch';
import type { Instance } from '../../../../runtime/fleet/port';
import { RedisSeats } from '../../../../runtime/registry';
import { seatKeys } from '../../../../runtime/registry/keys';
import type { ScriptedRedis } from '../../../../runtime/registry/scripted-redis';
import { parseMasterKeys } from '../../../../runtime/tickets/keys';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';
import { instance, ListedFleet, silentLog } from '../support';

const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const keys = { masterKeys: parseMasterKeys(randomBytes(32).toString('hex')), agentKeys: [privateKey] };
const stack = testStack();
const children = new Map<string, ChildProcess>();
let redis: ScriptedRedis;
let seats: RedisSeats;
let watch: Watch;

async function startNode(nodeId: string): Promise<Instance> {
  const program = join(__dirname, '../programs/node.ts');
  const child = fork(program, [nodeId, publicKey], { execArgv: ['--import', 'tsx'], env: { PATH: process.env.PATH } });
  children.set(nodeId, child);
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${nodeId} ended`)));
  });
  return instance(nodeId, z.object({ url: z.string() }).parse(message).url);
}

beforeAll(async () => {
  redis = testRedis();
  seats = new RedisSeats(redis, stack, 'game');
  const instances = await Promise.all(['a', 'b', 'c'].map(startNode));
  watch = startWatch({
    clusters: new Map([['game', { seats }]]),
    fleet: new ListedFleet(instances),
    probe: agentProbes({
      ...{ balancerId: 'b1', keys: () => keys, log: silentLog },
    }),
    ownership: { epoch: () => 1 },
    events: new EventLog({ balancerId: 'b1', now: Date.now }),
    log: silentLog,
  });
}, 30_000);

afterAll(() => {
  watch.stop();
  for (const child of children.values()) child.kill('SIGKILL');
  redis.disconnect();
});

const health = (nodeId: string) => watch.view.node('game', nodeId)?.health;

/** Whether the registry, which decides, sends players to the node. */
async function inRotation(nodeId: string): Promise<boolean> {
  return (await redis.zscore(seatKeys(stack, 'game').load, nodeId)) !== null;
}

/** Waits until no player is sent to the node any more. The time limit has room for a busy machine over the 2 s of the design. */
async function outOfRotation(nodeId: string): Promise<void> {
  await eventually(`${nodeId} is out of the view`, () => watch.view.excluded('game').includes(nodeId), 4_000);
  await eventually(`${nodeId} is out of the registry`, async () => !(await inRotation(nodeId)), 4_000);
  const requests = Array.from({ length: 10 }, () => ({ rids: [randomBytes(8).toString('hex')] }));
  const results = await seats.reserve(requests, { ticketTtlMs: 1, exclude: [], policy: 'spread' });
  expect(new Set(results.map((result) => result.ok && result.nodeId)).size).toBe(2);
  expect(results).not.toContainEqual(expect.objectContaining({ nodeId }));
}

describe('processes and a real registry', () => {
  it('all get players; a stopped one gets none until it goes on; a killed one gets none', async () => {
    await eventually('all are green', () => ['a', 'b', 'c'].every((nodeId) => health(nodeId) === 'green'), 10_000);
    for (const nodeId of ['a', 'b', 'c']) await eventually(`${nodeId} gets players`, () => inRotation(nodeId));

    children.get('a')?.kill('SIGSTOP');
    await outOfRotation('a');
    expect([health('a'), health('b'), health('c')]).toEqual(['suspect', 'green', 'green']);

    children.get('a')?.kill('SIGCONT');
    await eventually('a is back', () => inRotation('a'), 10_000);

    children.get('b')?.kill('SIGKILL');
    await outOfRotation('b');
    expect([health('a'), health('b'), health('c')]).toEqual(['green', 'suspect', 'green']);
  });

  it('are held and go on getting players when most are stopped together (S8), and are well afterwards', async () => {
    children.get('a')?.kill('SIGSTOP');
    children.get('c')?.kill('SIGSTOP');
    await eventually('they are held', () => health('a') === 'held' && health('c') === 'held', 5_000);
    expect(watch.view.snapshot('game')?.massFailure).toBe(true);
    for (const nodeId of ['a', 'c']) await eventually(`${nodeId} gets players`, () => inRotation(nodeId));
    children.get('a')?.kill('SIGCONT');
    children.get('c')?.kill('SIGCONT');
    await eventually('they are green', () => health('a') === 'green' && health('c') === 'green', 10_000);
  });
});
