import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { clustersReply } from '../../../../runtime/api/clusters';
import { PendingReader } from '../../../../runtime/balancer/assign/pending-reader';
import { StandingOrders } from '../../../../runtime/core/orders/standing';
import { RedisSeats } from '../../../../runtime/registry';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';
import { nodeUpdate, request, spread } from '../../registry/seats-support';
import { Bench } from './assigner-support';

const redis = testRedis();
const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});
afterAll(() => redis.disconnect());

describe('pending reservations, as operators are shown them', () => {
  it('are those that the registry counts, on whichever balancer; null while it does not answer', async () => {
    const bench = new Bench();
    undo.push(() => bench.redis.disconnect());
    const seats = new RedisSeats(redis, testStack(), 'lobby');
    const updates = [nodeUpdate('a'), nodeUpdate('b', { sessions: 50 })];
    await seats.refresh({ epoch: 0, nodes: updates });
    bench.polled('lobby', updates);
    let answers = true;
    const reader = new PendingReader({
      ...{ view: bench.view, counts: () => seats.pending(), answers: () => answers, everyMs: 20 },
      ...{ owner: () => null, orders: () => StandingOrders.parse({}) },
    });
    undo.push(() => reader.stop());
    const shown = () => {
      const { nodes, totals } = clustersReply(reader).clusters[0] ?? { nodes: [], totals: undefined };
      return [...nodes.map(({ pending }) => pending), totals?.pending];
    };
    await eventually('they are read', () => shown()[0] === 0);
    await seats.reserve([request(), request()], spread);
    await eventually('both are counted', () => shown()[0] === 2);
    expect(shown()).toEqual([2, 0, 2]);
    answers = false;
    expect(shown()).toEqual([null, null, null]);
  });

  it('are null when they cannot be read', async () => {
    const bench = new Bench();
    undo.push(() => bench.redis.disconnect());
    bench.polled('lobby', [nodeUpdate('a')]);
    let reads = 0;
    const counts = async () => {
      reads += 1;
      throw new Error('no');
    };
    const reader = new PendingReader({
      ...{ view: bench.view, counts, answers: () => true, everyMs: 20 },
      ...{ owner: () => ({ owner: 'b1', epoch: 7 }), orders: () => StandingOrders.parse({}) },
    });
    undo.push(() => reader.stop());
    await eventually('it was read', () => reads > 1);
    expect(reader.snapshot('lobby')?.nodes.map(({ pending }) => pending)).toEqual([null]);
    expect(reader.snapshot('lobby')).toMatchObject({ owner: 'b1', epoch: 7, orders: { paused: null } });
    expect(reader.snapshot('game')).toBeUndefined();
  });
});
