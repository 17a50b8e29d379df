import { afterAll, describe, expect, it } from '@jest/globals';
import { randomJoins } from '../../bench/placement/arrivals';
import { leastAtLastPoll, OurPlacement, randomNode } from '../../bench/placement/policies';
import { simulate } from '../../bench/placement/simulate';
import { seededRandom } from '../../runtime/core/random';
import { RedisSeats } from '../../runtime/registry/seats';
import { testRedis, testStack } from '../support/redis';

const redis = testRedis();
afterAll(() => redis.disconnect());

const NODES = 25;

describe('2,000 joins in 5 s over 25 nodes', () => {
  it.each([1, 2, 3])('are spread evenly at every moment (seed %i)', async (seed) => {
    const policy = new OurPlacement(new RedisSeats(redis, testStack(), 'lobby'), 2_000);
    const outcome = await simulate(policy, randomJoins(2_000, 5_000, seed), NODES);
    expect(outcome.maxToMean).toHaveLength(5);
    for (const ratio of outcome.maxToMean) expect(ratio).toBeLessThanOrEqual(1.2);
    expect(outcome.maxToMeanAtEnd).toBeLessThanOrEqual(1.05);
    expect(outcome.retries).toBe(0);
  });

  it('would not be by the policies that it is compared with', async () => {
    const joins = randomJoins(2_000, 5_000, 1);
    expect((await simulate(leastAtLastPoll(), joins, NODES)).maxToMeanAtEnd).toBeGreaterThan(4);
    expect((await simulate(randomNode(seededRandom(1)), joins, NODES)).maxToMeanAtEnd).toBeGreaterThan(1.1);
  });
});

describe('10,000 joins in 5 s over 25 nodes', () => {
  it('are held back by the windows rather than heaped on one node', async () => {
    const policy = new OurPlacement(new RedisSeats(redis, testStack(), 'lobby'), 2_000);
    const outcome = await simulate(policy, randomJoins(10_000, 5_000, 1), NODES);
    for (const ratio of outcome.maxToMean) expect(ratio).toBeLessThanOrEqual(1.2);
    expect(outcome.maxToMeanAtEnd).toBeLessThanOrEqual(1.05);
  });
});
