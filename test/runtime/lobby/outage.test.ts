import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
