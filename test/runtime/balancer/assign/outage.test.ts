import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../support/eventually';
import { codeOf, TwoBalancers } from './two-balancers';

let world: TwoBalancers;
beforeEach(async () => {
  world = await TwoBalancers.start();
}, 40_000);
afterEach(() => world.close());

describe('Redis is killed, and comes back empty', () => {
  it('joins go on, a key repeats its answer, the room stays whole, and all is as before afterwards', async () => {
    const before = await world.lobby.join('eve', 'before');
    const first = await world.lobby.started(world.token('ann'));
    await world.redis.kill();
    await world.joinsWork();
    for (const half of [world.game, world.lobby]) expect(await half.join('eve', 'before')).toEqual(before);
    const during = await world.lobby.join('eve', 'during');
    expect(during.status).toBe(200);
    for (const half of [world.game, world.lobby]) expect(await half.join('eve', 'during')).toEqual(during);
    expect(codeOf(await world.game.join('mallory', 'during'))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect([await world.lobby.ready(), await world.game.ready()]).toEqual([false, false]);
    expect((await world.lobby.nodes('lobby')).map(({ pending }) => pending)).toEqual([null, null]);

    // Nobody has gone to the room's node yet: only the balancers know where it is.
    const places = [await world.game.started(world.token('bob')), await world.lobby.started(world.token('cy'))];
    expect(places.map(({ nodeId }) => nodeId)).toEqual([first.nodeId, first.nodeId]);
    await world.redis.start();
    await eventually('all is as before', () => world.whole(), 20_000);
    await world.joinsWork();
    expect((await world.game.started(world.token('dee'))).nodeId).toBe(first.nodeId);
    for (const half of [world.game, world.lobby]) expect(await half.join('eve', 'during')).toEqual(during);
  }, 60_000);

  it('a room that is placed meanwhile has one place, then and afterwards; an arrival is counted once', async () => {
    await world.redis.kill();
    const place = await world.lobby.started(world.token('ann'));
    expect((await world.game.started(world.token('bob'))).nodeId).toBe(place.nodeId);
    await world.plays(place);
    await world.redis.start();
    await eventually('all is as before', () => world.whole(), 20_000);
    expect((await world.game.started(world.token('cy'))).nodeId).toBe(place.nodeId);
    expect((await world.lobby.started(world.token('dee'))).nodeId).toBe(place.nodeId);
    // Ann's session, and the seats of the two who asked the registry: no ghost of the others.
    await eventually('seats are counted', async () => {
      const node = (await world.lobby.nodes('game')).find(({ nodeId }) => nodeId === place.nodeId);
      return node?.pending === 2;
    });
  }, 60_000);
});
