import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { epochFloor } from '../../../runtime/core/lease';
import { RedisLease, StaleEpoch } from '../../../runtime/registry';
import { leaseKeys } from '../../../runtime/registry/keys';
import { eventually } from '../../support/eventually';
import { testRedis, testStack } from '../../support/redis';
import { TestCluster } from './seats-support';

const redis = testRedis();
afterAll(() => redis.disconnect());

let stack: string;
let lease: RedisLease;
beforeEach(() => {
  stack = testStack();
  lease = new RedisLease(redis, stack, 'game');
});

async function granted(...args: Parameters<RedisLease['grant']>) {
  const given = await lease.grant(...args);
  if (given === null) throw new Error('a lease is expected');
  return given;
}

describe('a lease', () => {
  it('is free at first; of two who want it one gets it', async () => {
    expect(await lease.read()).toEqual({ lease: null, epoch: 0 });
    const both = await Promise.all([lease.grant(null, 'b1/x', 0, 9_000), lease.grant(null, 'b2/y', 0, 9_000)]);
    const given = both.filter((each) => each !== null);
    expect(given).toHaveLength(1);
    expect(await lease.read()).toEqual({ lease: given[0], epoch: given[0]?.epoch });
  });

  it('runs out unless it is renewed, by its owner and under its epoch only; its epoch stays', async () => {
    const given = await granted(null, 'b1/x', 7, 300);
    expect(await lease.renew({ ...given, owner: 'b1/y' }, 60_000)).toBe(false);
    expect(await lease.renew({ ...given, epoch: given.epoch + 1 }, 60_000)).toBe(false);
    expect(await lease.renew(given, 400)).toBe(true);
    expect(await redis.pttl(leaseKeys(stack, 'game').lease)).toBeGreaterThan(300);
    await eventually('it runs out', async () => (await lease.read()).lease === null);
    expect(await lease.renew(given, 400)).toBe(false);
    expect((await lease.read()).epoch).toBe(given.epoch);
  });

  it('changes hands only as expected, each time under a higher epoch', async () => {
    const first = await granted(null, 'b1/x', 0, 9_000);
    expect(await lease.grant(null, 'b2/y', 0, 9_000)).toBeNull();
    expect(await lease.grant({ ...first, epoch: first.epoch - 1 }, 'b2/y', 0, 9_000)).toBeNull();
    const second = await granted(first, 'b2/y', 0, 9_000);
    const third = await granted(second, 'b2/y', 1e6, 9_000);
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(third.epoch).toBeGreaterThan(1e6);
    expect((await lease.read()).lease).toEqual(third);
  });

  it('has an epoch that is exact at the size of real ones, and left to chance', async () => {
    const floor = epochFloor(0, Date.now());
    const epochs: number[] = [];
    for (let i = 0; i < 8; i++) {
      const other = new RedisLease(redis, testStack(), 'game');
      epochs.push((await other.grant(null, 'b1/x', floor, 9_000))?.epoch ?? 0);
    }
    expect(new Set(epochs).size).toBeGreaterThan(4);
    for (const epoch of epochs) expect([epoch > floor, Number.isSafeInteger(epoch)]).toEqual([true, true]);
  });

  it('fences: from the moment it is given on, nothing is written under an older epoch', async () => {
    const { seats } = new TestCluster(redis, stack, 'game');
    const first = await granted(null, 'b1/x', epochFloor(0, Date.now()), 9_000);
    await seats.refresh({ epoch: first.epoch, nodes: [] });
    const second = await granted(first, 'b2/y', 0, 9_000);
    await expect(seats.refresh({ epoch: first.epoch, nodes: [] })).rejects.toThrow(StaleEpoch);
    await expect(seats.suspend('n1', first.epoch)).rejects.toThrow(StaleEpoch);
    await seats.refresh({ epoch: second.epoch, nodes: [] });
  });

  it('that makes no sense is an error, not an owner', async () => {
    await redis.set(leaseKeys(stack, 'game').lease, 'nonsense');
    await expect(lease.read()).rejects.toThrow();
  });
});
