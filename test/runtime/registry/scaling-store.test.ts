import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { scalingKeys } from '../../../runtime/registry/keys';
import { RedisScalingStore } from '../../../runtime/registry/scaling-store';
import { StaleEpoch } from '../../../runtime/registry/types';
import { eventually } from '../../support/eventually';
import { testRedis, testStack } from '../../support/redis';

const redis = testRedis();
afterAll(() => redis.disconnect());

let stack = '';
let store: RedisScalingStore;
beforeEach(() => {
  stack = testStack();
  store = new RedisScalingStore(redis, stack);
});

const save = (epoch: number, state: string, ...stamps: ('out' | 'in')[]) =>
  store.save('game', { epoch, state, stamps });

describe('what the autoscaler remembers', () => {
  it('is nothing at first', async () => {
    expect(await store.load('game')).toEqual({ state: null, outAgoMs: null, inAgoMs: null, refused: 0 });
  });

  it('outlives who saved it, cluster by cluster', async () => {
    await save(1, '{"a":"ü"}', 'out');
    const other = new RedisScalingStore(redis, stack);
    expect(await other.load('game')).toMatchObject({ state: '{"a":"ü"}', outAgoMs: expect.any(Number), inAgoMs: null });
    expect(await other.load('lobby')).toMatchObject({ state: null, outAgoMs: null });
  });

  it('tells the age of each stamp, and a save without stamps begins no cooldown anew', async () => {
    await save(1, 'first', 'out', 'in');
    const aged = await eventually('30 ms have passed', async () => {
      const loaded = await store.load('game');
      return (loaded.outAgoMs ?? 0) >= 30 && loaded;
    });
    expect(aged.inAgoMs).toBe(aged.outAgoMs);
    await save(1, 'second', 'in');
    const { state, outAgoMs, inAgoMs } = await store.load('game');
    expect([state, (outAgoMs ?? 0) >= 30, (inAgoMs ?? 99) < (outAgoMs ?? 0)]).toEqual(['second', true, true]);
  });

  it('takes no word of an owner who was superseded, neither state nor stamp (S4)', async () => {
    await save(7, 'new');
    await expect(save(6, 'old', 'out', 'in')).rejects.toThrow(StaleEpoch);
    expect(await store.load('game')).toMatchObject({ state: 'new', outAgoMs: null, inAgoMs: null });
    await save(8, 'newer');
    await expect(save(7, 'late')).rejects.toThrow(StaleEpoch);
  });

  it('counts refused joins of every balancer until the owner has looked', async () => {
    const other = new RedisScalingStore(redis, stack);
    await Promise.all([store.refused('game', 3), other.refused('game', 4), other.refused('lobby', 1)]);
    expect((await store.load('game')).refused).toBe(7);
    expect((await store.load('game')).refused).toBe(0);
  });

  it('takes a stamp from the future, of a clock that was set back, as made just now', async () => {
    await save(1, 'state', 'out');
    await redis.hset(scalingKeys(stack, 'game').scaling, 'out', Date.now() + 3_600_000);
    expect((await store.load('game')).outAgoMs).toBe(0);
  });
});
