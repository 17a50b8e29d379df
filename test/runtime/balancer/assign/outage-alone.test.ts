import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../support/eventually';
import { TwoBalancers } from './two-balancers';

let world: TwoBalancers;
beforeEach(async () => {
  world = await TwoBalancers.start();
}, 40_000);
afterEach(() => world.close());

describe('one balancer alone loses Redis', () => {
  it.each(['lobby', 'game'] as const)(
    'the one at home in the %s: joins and starts go on at both',
    async (home) => {
      const first = await world.lobby.started(world.token('ann'));
      world[home].proxy.refuse();
      await eventually('it notices', async () => !(await world[home].ready()));
      await world.joinsWork();
      const places = [await world[home].started(world.token('bob')), await world.lobby.started(world.token('cy'))];
      expect(places.map(({ nodeId }) => nodeId)).toEqual([first.nodeId, first.nodeId]);
      world[home].proxy.heal();
      await eventually('all is as before', () => world.whole(), 20_000);
      expect((await world[home].started(world.token('dee'))).nodeId).toBe(first.nodeId);
    },
    60_000,
  );
});
