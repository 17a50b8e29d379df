import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { matchKeys } from '../../../runtime/registry/keys';
import { eventually } from '../../support/eventually';
import { OwnRedis } from './own-redis';
import { LobbyWorld } from './support';

let world: LobbyWorld;
beforeEach(() => {
  world = new LobbyWorld();
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});

async function ownRedis(): Promise<OwnRedis> {
  const redis = await OwnRedis.create();
  world.onClose(() => redis.remove());
  return redis;
}

describe('without Redis', () => {
  it('a node starts, answers the balancer, keeps its players, and matches them once Redis is there', async () => {
    const redis = await ownRedis();
    const node = await world.node({ redisUrl: redis.url });
    const [a, b, c] = await world.joinAll([node], 'a', 'b', 'c');
    if (a === undefined || b === undefined || c === undefined) throw new Error('three players are expected');
    const answers = [a.enter(), b.enter()];
    c.socket.emit('ENTER', { mode: 'duel' });
    const left = c.leave();
    const channel = await world.openChannel(node.url, node.nodeId);
    expect(await channel.stats()).toMatchObject({ connections: 3, sessions: 3 });
    await redis.start();
    expect((await Promise.all(answers)).map(({ status }) => status).sort()).toEqual(['matched', 'waiting']);
    expect((await a.matched()).members.toSorted()).toEqual(['a', 'b']);
    await b.matched();
    expect(await left).toEqual({ status: 'left' });
    expect(c.matches).toEqual([]);
  });

  it('waiting players stay waiting: they are enqueued again when it comes back empty', async () => {
    const redis = await ownRedis();
    await redis.start();
    const [one, two] = [await world.node({ redisUrl: redis.url }), await world.node({ redisUrl: redis.url })];
    const [a, b, c, d] = await world.joinAll([one, two], 'a', 'b', 'c', 'd');
    for (const player of [a, b, c]) await player?.enter('battle');
    await redis.kill();
    const last = d?.enter('battle');
    await redis.start();
    await last;
    const events = await Promise.all([a, b, c, d].map((player) => player?.matched()));
    expect(new Set(events.map((event) => event?.room_id)).size).toBe(1);
    expect(events[0]?.members).toEqual(['a', 'b', 'c', 'd']);
    for (const player of [a, b, c, d]) expect(player?.socket.connected).toBe(true);
  });
});

const Ready = z.object({ ready: z.literal(true), port: z.number() });

/** A lobby node as a process of its own. */
async function lobbyProcess(
  nodeId: string,
): Promise<{ child: ChildProcess; url: string; nodeId: string; startId: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'runtime/lobby/main.ts'], {
    env: {
      ...process.env,
      STACK: world.stack,
      NODE_ID: nodeId,
      HOST: '127.0.0.1',
      REDIS_URL: process.env.TEST_REDIS_URL,
      AGENT_PUBLIC_KEYS: Buffer.from(world.balancer.publicKey).toString('base64'),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  world.onClose(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [message] = await once(child, 'message');
  const url = `http://127.0.0.1:${Ready.parse(message).port}`;
  const channel = await world.openChannel(url, nodeId);
  return { child, url, nodeId, startId: channel.hello.startId };
}

describe('a lobby process', () => {
  it('that is frozen delays nobody else’s players; its own go on waiting, in front, when it thaws', async () => {
    const frozen = await lobbyProcess('lobby-frozen');
    const [one, two] = [await world.node(), await world.node()];
    const silent = await world.join(frozen, 'silent');
    await silent.enter();
    frozen.child.kill('SIGSTOP');
    const { redis } = world.registry();
    // The silence is made to have lasted, instead of waiting for it.
    await redis.zadd(matchKeys(world.stack, 'lobby').heard, Date.now() - 10_000, 'silent');
    const [a, b] = await world.joinAll([one, two], 'a', 'b');
    await a?.enter();
    expect((await b?.enter())?.status).toBe('matched');
    expect((await a?.matched())?.members).toEqual(['a', 'b']);
    frozen.child.kill('SIGCONT');
    const c = await world.join(one, 'c');
    await c.enter();
    expect((await silent.matched()).members).toEqual(['silent', 'c']);
  });

  it('ends cleanly at SIGTERM, and its waiting players keep their place', async () => {
    const leaving = await lobbyProcess('lobby-leaving');
    const a = await world.join(leaving, 'a');
    await a.enter('battle');
    const exited = once(leaving.child, 'exit');
    leaving.child.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
    await eventually('a is disconnected', () => a.socket.disconnected);
    const node = await world.node();
    const players = await world.joinAll([node], 'b', 'c', 'd');
    for (const player of players) await player.enter('battle');
    const back = await world.join(node, 'a');
    expect((await back.enter('battle')).status).toBe('matched');
    expect((await back.matched()).members).toEqual(['a', 'b', 'c', 'd']);
  });
});
