import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Redis from 'ioredis';
import { ticketGeneration } from '../../../../runtime/bees/ticket';
import { eventually } from '../../../support/eventually';
import { type Place, TwoBalancers } from './two-balancers';

let world: TwoBalancers;
let redis: Redis;
beforeEach(async () => {
  world = await TwoBalancers.start();
  redis = new Redis(world.redis.url, { maxRetriesPerRequest: null });
});
afterEach(async () => {
  redis.disconnect();
  await world.close();
});

/** One placement: given anew, a room would have another generation, even on the same node. */
const placement = ({ nodeId, ticket }: Place) => `${nodeId} ${ticketGeneration(ticket)}`;

describe('Redis is emptied', () => {
  it('a room that nobody has gone to yet has the same place afterwards: the balancer that gave it remembers', async () => {
    // The other one is at home in the game, and gathers the rooms.
    const first = placement(await world.lobby.started(world.token('ann')));
    for (const player of ['bob', 'cy']) {
      await redis.flushall();
      expect(placement(await world.game.started(world.token(player)))).toBe(first);
      expect(placement(await world.lobby.started(world.token(player)))).toBe(first);
    }
  }, 60_000);

  it('so has a room that is played, and players join', async () => {
    const place = await world.lobby.started(world.token('ann'));
    await world.plays(place);
    await redis.flushall();
    expect(placement(await world.game.started(world.token('bob')))).toBe(placement(place));
    await eventually('the nodes take joins', async () => (await world.game.join('eve')).status === 200);
  }, 60_000);
});
