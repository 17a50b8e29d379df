import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../support/eventually';
import { type Half, TwoBalancers } from './two-balancers';

let world: TwoBalancers;
beforeEach(async () => {
  world = await TwoBalancers.start();
}, 40_000);
afterEach(() => world.close());

describe('Redis is there, and no use', () => {
  it.each([
    ['its answers take 2 s', (half: Half) => half.proxy.delay(1_000)],
    ['its connections are half open', (half: Half) => half.proxy.halfOpen()],
  ])(
    '%s: joins and starts go on, and all is as before afterwards',
    async (_, spoil) => {
      const first = await world.game.started(world.token('ann'));
      for (const half of [world.lobby, world.game]) spoil(half);
      await world.joinsWork();
      const places = [await world.lobby.started(world.token('bob')), await world.game.started(world.token('cy'))];
      expect(places.map(({ nodeId }) => nodeId)).toEqual([first.nodeId, first.nodeId]);
      for (const half of [world.lobby, world.game]) half.proxy.heal();
      await eventually('all is as before', () => world.whole(), 20_000);
      expect((await world.lobby.started(world.token('dee'))).nodeId).toBe(first.nodeId);
    },
    60_000,
  );

  it('it only reads, as after a fail-over: so as well', async () => {
    const first = await world.game.started(world.token('ann'));
    await world.readOnly(true);
    await world.joinsWork();
    const places = [await world.lobby.started(world.token('bob')), await world.game.started(world.token('cy'))];
    expect(places.map(({ nodeId }) => nodeId)).toEqual([first.nodeId, first.nodeId]);
    await world.readOnly(false);
    await eventually('all is as before', () => world.whole(), 20_000);
    expect((await world.lobby.started(world.token('dee'))).nodeId).toBe(first.nodeId);
  }, 60_000);
});
