import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisSeats } from '../../../runtime/registry/seats';
import { type NodeUpdate, type ReserveResult, StaleEpoch } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, overdue, pack, request, spread, TestCluster } from './seats-support';

const redis = testRedis();
let cluster: TestCluster;
let seats: RedisSeats;

beforeEach(() => {
  cluster = new TestCluster(redis, testStack());
  seats = cluster.seats;
});
afterAll(() => redis.disconnect());

const write = (...nodes: NodeUpdate[]) => seats.refresh({ epoch: 0, nodes });

async function one(seatsWanted = 1, options = spread): Promise<ReserveResult> {
  const [result] = await seats.reserve([request(seatsWanted)], options);
  if (result === undefined) throw new Error('no answer');
  return result;
}

const nodeOf = (result: ReserveResult) => (result.ok ? result.nodeId : result.code);

describe('reserve', () => {
  it('gives seats on the node with the lowest load per weight, and says until when', async () => {
    await write(nodeUpdate('a', { sessions: 10 }), nodeUpdate('b', { sessions: 15, weight: 200 }));
    const wanted = request(2);
    const before = Date.now();
    const [result] = await seats.reserve([wanted], spread);
    expect(result).toMatchObject({ ok: true, nodeId: 'b', startId: 'b-1', rids: wanted.rids });
    expect(result?.ok && Math.abs(result.ticketExpiresAtMs - before - 15_000)).toBeLessThan(2_000);
    expect(await cluster.score('b')).toBeCloseTo(17 / 200);
    expect(await cluster.counts()).toEqual({ b: 2 });
  });

  it('counts what it gave within one call', async () => {
    await write(...['a', 'b', 'c', 'd'].map((id) => nodeUpdate(id)));
    await seats.reserve(
      Array.from({ length: 40 }, () => request()),
      spread,
    );
    expect(await cluster.counts()).toEqual({ a: 10, b: 10, c: 10, d: 10 });
  });

  it('spreads one call over more nodes than it reads at once', async () => {
    const nodes = Array.from({ length: 100 }, (_, i) => nodeUpdate(`n${i}`));
    await write(...nodes);
    await seats.reserve(
      Array.from({ length: 300 }, () => request()),
      spread,
    );
    expect(new Set(Object.values(await cluster.counts()))).toEqual(new Set([3]));
  });

  it('finds the best of more nodes than it reads at once', async () => {
    const nodes = Array.from({ length: 200 }, (_, i) =>
      nodeUpdate(`n${i}`, { sessions: i % 50, window: i < 190 ? 0 : 8 }),
    );
    // A window of 0 still lets one in while nothing is pending, so fill those first.
    await write(...nodes.map((node) => ({ ...node, capacity: node.window === 0 ? node.sessions : 100 })));
    expect(nodeOf(await one())).toBe('n190');
    const results = await seats.reserve(
      Array.from({ length: 79 }, () => request()),
      spread,
    );
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(nodeOf(await one())).toBe('BUSY');
  });

  it('puts a whole party on one node, or nowhere', async () => {
    await write(nodeUpdate('a', { sessions: 97 }), nodeUpdate('b', { sessions: 98 }));
    expect(nodeOf(await one(4))).toBe('FULL');
    expect(await cluster.counts()).toEqual({});
    expect(nodeOf(await one(3))).toBe('a');
    expect(nodeOf(await one(2))).toBe('b');
  });

  it('tells full from busy from no nodes', async () => {
    expect(nodeOf(await one())).toBe('NO_NODES');
    await write(nodeUpdate('a', { capacity: 3, window: 2 }));
    expect(nodeOf(await one(2))).toBe('a');
    expect(nodeOf(await one())).toBe('BUSY');
    await write(nodeUpdate('a', { capacity: 2, window: 8 }));
    expect(nodeOf(await one())).toBe('FULL');
    expect(nodeOf(await one(1, { ...spread, exclude: ['a'] }))).toBe('NO_NODES');
  });

  it('lets a party larger than the window in only where nothing else is pending', async () => {
    await write(nodeUpdate('a', { window: 8 }));
    expect(nodeOf(await one(20))).toBe('a');
    expect(nodeOf(await one(1))).toBe('BUSY');
  });

  it('chooses only nodes that take joins, held ones last, excluded ones never', async () => {
    const others = (['suspect', 'draining', 'sealed'] as const).map((standing) => nodeUpdate(standing, { standing }));
    await write(...others);
    for (const options of [spread, pack]) expect(nodeOf(await one(1, options))).toBe('NO_NODES');
    await write(...others, nodeUpdate('held', { standing: 'held' }), nodeUpdate('busy', { sessions: 99 }));
    for (const options of [spread, pack]) {
      expect(nodeOf(await one(1, { ...options, exclude: ['busy'] }))).toBe('held');
    }
    expect(nodeOf(await one())).toBe('busy');
    expect(nodeOf(await one())).toBe('held');
  });

  it('packs: the fullest node that has room', async () => {
    await write(
      nodeUpdate('a', { sessions: 10 }),
      nodeUpdate('b', { sessions: 98 }),
      nodeUpdate('c', { sessions: 50 }),
    );
    const results = await seats.reserve([request(), request(3), request(), request()], pack);
    expect(results.map(nodeOf)).toEqual(['b', 'c', 'b', 'c']);
  });

  it('answers in the order of the requests, each on its own', async () => {
    await write(nodeUpdate('a', { capacity: 3 }));
    const results = await seats.reserve([request(2), request(2), request(1), request(1)], spread);
    expect(results.map(nodeOf)).toEqual(['a', 'FULL', 'a', 'FULL']);
    expect(await seats.reserve([], spread)).toEqual([]);
  });
});

describe('idempotency', () => {
  const keyed = (key: string, fingerprint = 'f') => ({ ...request(), idempotency: { key, fingerprint } });

  it('gives the first answer again, also within one call, and reserves once', async () => {
    await write(nodeUpdate('a'), nodeUpdate('b'));
    const [first, second] = await seats.reserve([keyed('k'), keyed('k')], spread);
    expect(first?.ok).toBe(true);
    expect(second).toEqual(first);
    expect(await seats.reserve([request(), keyed('k')], spread)).toContainEqual(first);
    expect(Object.values(await cluster.counts())).toEqual([1, 1]);
  });

  it('refuses the key for another request', async () => {
    await write(nodeUpdate('a'));
    await seats.reserve([keyed('k', 'one')], spread);
    expect(nodeOf((await seats.reserve([keyed('k', 'two')], spread))[0] as ReserveResult)).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  it('gives the same answer after the seat was taken', async () => {
    await write(nodeUpdate('a'), nodeUpdate('b'));
    const wanted = keyed('k');
    const [first] = await seats.reserve([wanted], spread);
    await write(nodeUpdate('a', { sessions: 1, arrivals: wanted.rids }), nodeUpdate('b'));
    expect(await seats.reserve([keyed('k')], spread)).toEqual([first]);
    expect(await cluster.counts()).toEqual({});
  });

  it.each([
    ['drains', [nodeUpdate('a', { standing: 'draining' }), nodeUpdate('b')], spread],
    ['is suspect', [nodeUpdate('a', { standing: 'suspect' }), nodeUpdate('b')], spread],
    ['has started anew', [nodeUpdate('a', { startId: 'a-2', sessions: 50 }), nodeUpdate('b')], spread],
    ['is gone', [nodeUpdate('b')], spread],
    ['is out of this balancer’s reach', [nodeUpdate('a'), nodeUpdate('b')], { ...spread, exclude: ['a'] }],
  ])('assigns anew when the node %s', async (_, nodes, options) => {
    await write(nodeUpdate('a'));
    await seats.reserve([keyed('k')], spread);
    await write(...nodes);
    const wanted = keyed('k');
    const [again] = await seats.reserve([wanted], options);
    expect(again).toMatchObject({ ok: true, nodeId: 'b', rids: wanted.rids });
    expect(await seats.reserve([keyed('k')], options)).toEqual([again]);
  });

  it('assigns anew once the first ticket has expired', async () => {
    await write(nodeUpdate('a'));
    await seats.reserve([keyed('k')], overdue);
    const wanted = keyed('k');
    expect((await seats.reserve([wanted], spread))[0]).toMatchObject({ ok: true, rids: wanted.rids });
  });
});

describe('refresh', () => {
  it('confirms arrivals once, and knows nothing of strange ones', async () => {
    await write(nodeUpdate('a'), nodeUpdate('b'));
    const { rids } = request(3);
    await seats.reserve([{ rids }], spread);
    const arrivals = [...rids.slice(0, 2), 'unknown'];
    const result = await write(nodeUpdate('a', { sessions: 2, arrivals }), nodeUpdate('b', { arrivals: rids }));
    expect(result.pending.get('a')).toEqual({ count: 1, expired: 0 });
    expect(result.pending.get('b')).toEqual({ count: 0, expired: 0 });
    expect(await cluster.score('a')).toBeCloseTo(3 / 100);
    expect((await write(nodeUpdate('a', { arrivals }))).pending.get('a')).toEqual({ count: 1, expired: 0 });
  });

  it('lets reservations run out five seconds after the ticket', async () => {
    await write(nodeUpdate('a'));
    const gone = request(2);
    await seats.reserve([gone], { ...spread, ticketTtlMs: -5_001 });
    await seats.reserve([request(3)], { ...spread, ticketTtlMs: -4_000 });
    expect((await write(nodeUpdate('a'))).pending.get('a')).toEqual({ count: 3, expired: 2 });
    expect((await write(nodeUpdate('a', { arrivals: gone.rids }))).pending.get('a')).toEqual({ count: 3, expired: 0 });
  });

  it('removes nodes that it does not name, with their reservations', async () => {
    await write(nodeUpdate('a'), nodeUpdate('b'));
    await seats.reserve([request(), request(), request()], spread);
    await write(nodeUpdate('b'));
    expect(await cluster.reservations()).toEqual({ b: 1 });
    expect(await cluster.counts()).toEqual({ b: 1 });
    expect(await cluster.score('a')).toBeNull();
    expect(await seats.node('a')).toBeNull();
    expect((await write(nodeUpdate('a'), nodeUpdate('b'))).pending.get('a')).toEqual({ count: 0, expired: 0 });
  });

  it('forgets the reservations of a start that is over', async () => {
    await write(nodeUpdate('a'));
    await seats.reserve([request(5)], spread);
    const { pending } = await write(nodeUpdate('a', { startId: 'a-2' }));
    expect(pending.get('a')).toEqual({ count: 0, expired: 0 });
    expect(await cluster.reservations()).toEqual({});
  });

  it('keeps the reservations of a node that drains', async () => {
    await write(nodeUpdate('a'));
    const { rids } = request(2);
    await seats.reserve([{ rids }], spread);
    const { pending } = await write(nodeUpdate('a', { standing: 'draining', sessions: 1, arrivals: rids.slice(0, 1) }));
    expect(pending.get('a')).toEqual({ count: 1, expired: 0 });
    expect(await cluster.score('a')).toBeNull();
  });

  it('stores what others may read of a node', async () => {
    const node = nodeUpdate('a', { sessions: 7, connections: 6, standing: 'held', arrivals: ['x'] });
    await write(node);
    expect(await seats.node('a')).toEqual({ ...node, arrivals: [] });
    expect(await seats.node('b')).toBeNull();
  });

  it('takes a thousand nodes, and a long list of arrivals, in one call', async () => {
    const { rids } = request(1);
    await write(nodeUpdate('n0', { capacity: 5_000, window: 5_000 }));
    const many = Array.from({ length: 3_000 }, () => request());
    await seats.reserve([{ rids }, ...many], spread);
    const arrivals = [...rids, ...many.flatMap((each) => each.rids)];
    const nodes = Array.from({ length: 1_000 }, (_, i) => nodeUpdate(`n${i}`, i === 0 ? { arrivals } : {}));
    const { pending } = await write(...nodes);
    expect(pending.size).toBe(1_000);
    expect(pending.get('n0')).toEqual({ count: 0, expired: 0 });
  });

  it('confirms more arrivals than one call takes, node by node, and removes nobody for it', async () => {
    const names = ['a', 'b', 'c'];
    const roomy = (changes: Partial<NodeUpdate> = {}) =>
      names.map((id) => nodeUpdate(id, { capacity: 10_000, weight: 10_000, window: 10_000, ...changes }));
    await write(...roomy(), nodeUpdate('gone', { sessions: 99 }));
    const results = await seats.reserve(
      Array.from({ length: 1_200 }, () => request()),
      spread,
    );
    const arrived = (id: string) => results.flatMap((it) => (it.ok && it.nodeId === id ? it.rids : []));
    expect(arrived('a')).toHaveLength(400);
    await write(...roomy().map((node) => ({ ...node, sessions: 400, arrivals: arrived(node.nodeId) })));
    expect(await cluster.counts()).toEqual({});
    expect(await cluster.reservations()).toEqual({});
    expect(await cluster.score('b')).toBeCloseTo(0.04);
    expect(await seats.node('gone')).toBeNull();
  });

  it('survives a weight that is no weight', async () => {
    await write(nodeUpdate('a', { weight: 0 }), nodeUpdate('b', { weight: Number.NaN }));
    expect((await one()).ok).toBe(true);
  });
});

describe('suspend', () => {
  it('takes a node out of the joins until the next refresh, and keeps its reservations', async () => {
    await write(nodeUpdate('a'));
    await one(2);
    await seats.suspend('a', 0);
    expect(nodeOf(await one())).toBe('NO_NODES');
    await seats.suspend('unknown', 0);
    expect((await write(nodeUpdate('a'))).pending.get('a')).toEqual({ count: 2, expired: 0 });
    expect(nodeOf(await one())).toBe('a');
  });
});

describe('epochs', () => {
  it('refuses the writes of an owner whose time is over, and changes nothing', async () => {
    const old = Date.now();
    await seats.refresh({ epoch: old, nodes: [nodeUpdate('a')] });
    await seats.refresh({ epoch: old + 0.5, nodes: [nodeUpdate('a')] });
    for (const epoch of [old, 0]) {
      await expect(seats.refresh({ epoch, nodes: [] })).rejects.toThrow(StaleEpoch);
      await expect(seats.suspend('a', epoch)).rejects.toThrow(StaleEpoch);
    }
    expect(nodeOf(await one())).toBe('a');
    await seats.suspend('a', old + 0.5);
    expect(nodeOf(await one())).toBe('NO_NODES');
  });
});

it('goes on when Redis has lost its scripts', async () => {
  await write(nodeUpdate('a'));
  const flush = () => redis.script('FLUSH').then(() => undefined);
  const calls = [one(), flush(), one(), one(), flush(), flush(), one()];
  expect((await Promise.all(calls)).filter((result) => result?.ok)).toHaveLength(4);
  await redis.script('FLUSH');
  expect((await write(nodeUpdate('a'))).pending.get('a')?.count).toBe(4);
});

it('keeps clusters apart', async () => {
  await write(nodeUpdate('a'));
  const other = new RedisSeats(redis, testStack(), randomUUID());
  expect((await other.reserve([request()], spread))[0]).toEqual({ ok: false, code: 'NO_NODES' });
});
