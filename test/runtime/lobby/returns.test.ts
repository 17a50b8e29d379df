import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { matchKeys } from '../../../runtime/registry/keys';
import { eventually } from '../../support/eventually';
import { LobbyWorld } from './support';

let world: LobbyWorld;
beforeEach(() => {
  world = new LobbyWorld();
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});

describe('a player who loses the connection', () => {
  it('is not matched meanwhile, and goes on waiting, in front, after resuming', async () => {
    const [one, two] = [await world.node(), await world.node()];
    const [a, b, c] = await world.joinAll([one, two, two], 'a', 'b', 'c');
    await a?.enter();
    a?.loseConnection();
    const { queue } = world.registry();
    await eventually('a is away', async () => (await queue.depths()).length === 0);
    expect((await b?.enter())?.status).toBe('waiting');
    const back = await world.join(one, 'a', a?.resumeToken);
    expect((await back.matched()).members).toEqual(['a', 'b']);
    expect((await c?.enter())?.status).toBe('waiting');
  });

  it('keeps the place on another node', async () => {
    const [one, two] = [await world.node(), await world.node()];
    const [a, b, c] = await world.joinAll([one, one, two], 'a', 'b', 'c');
    await a?.enter('battle');
    await b?.enter('battle');
    a?.loseConnection();
    const back = await world.join(two, 'a');
    await back.enter('battle');
    const d = await world.join(two, 'd');
    await c?.enter('battle');
    await d.enter('battle');
    expect((await back.matched()).members).toEqual(['a', 'b', 'c', 'd']);
  });

  it('learns of the match on return: by resuming, and by entering on another node', async () => {
    const [one, two] = [await world.node(), await world.node()];
    const [a, b] = await world.joinAll([one, two], 'a', 'b');
    if (a === undefined || b === undefined) throw new Error('two players are expected');
    a.acknowledges = false;
    await a.enter();
    await b.enter();
    const { room_id } = await a.matched();
    a.loseConnection();
    const resumed = await world.join(one, 'a', a.resumeToken);
    expect((await resumed.matched()).room_id).toBe(room_id);
    resumed.loseConnection();
    const elsewhere = await world.join(two, 'a');
    expect(await elsewhere.enter('battle')).toEqual({ status: 'matched' });
    expect((await elsewhere.matched()).room_id).toBe(room_id);
  });

  it('for longer than the grace time is out of the queue', async () => {
    const node = await world.node({ graceMs: 300 });
    const [a] = await world.joinAll([node], 'a');
    await a?.enter();
    a?.loseConnection();
    const { redis } = world.registry();
    const { players } = matchKeys(world.stack, 'lobby');
    await eventually('a is forgotten', async () => (await redis.hlen(players)) === 0);
  });
});

describe('a player who connects twice', () => {
  it('is held by the newer entry; the older connection is told and closed', async () => {
    const [one, two] = [await world.node(), await world.node()];
    const [older, newer, other] = await world.joinAll([one, two, one], 'a', 'a', 'b');
    await older?.enter();
    expect((await newer?.enter())?.status).toBe('waiting');
    await eventually('the older is closed', () => older?.socket.disconnected);
    expect(older?.errors.map(({ code }) => code)).toEqual(['REPLACED']);
    await other?.enter();
    expect((await newer?.matched())?.members).toEqual(['a', 'b']);
    expect(older?.matches).toEqual([]);
  });
});

describe('ALL_CONNECTED', () => {
  it('comes again until it is acknowledged, and then no more', async () => {
    const node = await world.node();
    const [a, b] = await world.joinAll([node], 'a', 'b');
    if (a === undefined || b === undefined) throw new Error('two players are expected');
    a.acknowledges = false;
    await a.enter();
    await b.enter();
    await a.matched();
    a.acknowledges = true;
    const again = await a.matched(2);
    expect(again.room_id).toBe(a.matches[0]?.room_id);
    const { queue } = world.registry();
    await queue.release(again.room_id);
    await a.enter();
    await b.enter();
    expect((await a.matched(3)).room_id).not.toBe(again.room_id);
    expect(b.matches).toHaveLength(2);
  });

  it('comes for the new match after the first was dissolved', async () => {
    const [one, two] = [await world.node(), await world.node()];
    const [a, b] = await world.joinAll([one, two], 'a', 'b');
    await a?.enter();
    await b?.enter();
    const { room_id } = (await a?.matched()) ?? { room_id: '' };
    await b?.matched();
    const { redis } = world.registry();
    // The deadline is made to have passed, instead of waiting for it.
    await redis.zadd(matchKeys(world.stack, 'lobby').due, 0, room_id);
    const [again, other] = await Promise.all([a?.matched(2), b?.matched(2)]);
    expect(again?.room_id).toBe(other?.room_id);
    expect(again?.room_id).not.toBe(room_id);
  });
});
