import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import { roomKey } from '../../../runtime/registry/keys';
import { RedisRooms } from '../../../runtime/registry/rooms';
import { type NodeUpdate, type RoomStartResult, StaleEpoch } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, overdue, request, roomsGathered, spread, TestCluster } from './seats-support';

const redis = testRedis();
const members = ['ann', 'bob', 'cy', 'dee'];
let stack: string;
let cluster: TestCluster;
let rooms: RedisRooms;

beforeEach(async () => {
  stack = testStack();
  cluster = new TestCluster(redis, stack, 'game');
  rooms = new RedisRooms(redis, stack, 'game');
  await roomsGathered(rooms);
});
afterAll(() => redis.disconnect());

const write = (...nodes: NodeUpdate[]) => cluster.seats.refresh({ epoch: 0, nodes });
const member = (playerId: string, changes = {}) => ({ roomId: 'r1', mode: 'battle', playerId, members, ...changes });
const start = (playerId: string, options = spread, changes = {}) => rooms.start(member(playerId, changes), options);
const finish = (playerId: string) => rooms.finish(member(playerId));
const code = (result: RoomStartResult) => (result.ok ? `${result.nodeId} ${result.gen}` : result.code);
const ttlMs = (roomId = 'r1') => redis.pttl(roomKey(stack, 'game', roomId));

function roomReport(changes: Partial<RoomReport> = {}): RoomReport {
  return { roomId: 'r1', gen: 1, mode: 'battle', status: 'complete', members, ...changes };
}
const report = (changes: Partial<RoomReport>, startId = 'a-1', epoch = 0) =>
  rooms.report('a', startId, [roomReport(changes)], epoch).then(([result]) => result?.outcome);

describe('start', () => {
  it('places the room once, with a seat for each member', async () => {
    await write(nodeUpdate('a'), nodeUpdate('b', { sessions: 1 }));
    const first = await start('ann');
    expect(first).toMatchObject({ ok: true, nodeId: 'a', startId: 'a-1', gen: 1, rid: 'r1/1/ann', expected: members });
    expect(await cluster.counts()).toEqual({ a: 4 });
    const others = await Promise.all(members.map((player) => start(player)));
    expect(others.map(code)).toEqual(['a 1', 'a 1', 'a 1', 'a 1']);
    expect(await cluster.counts()).toEqual({ a: 4 });
    expect(await rooms.get('r1')).toEqual({
      roomId: 'r1',
      mode: 'battle',
      status: 'started',
      nodeId: 'a',
      startId: 'a-1',
      gen: 1,
      members,
      finished: [],
    });
    expect(await ttlMs()).toBeGreaterThan(3_590_000);
  });

  it('leaves nothing behind when there is no place for all', async () => {
    expect(code(await start('ann'))).toBe('NO_NODES');
    await write(nodeUpdate('a', { capacity: 3 }));
    expect(code(await start('ann'))).toBe('FULL');
    await write(nodeUpdate('a', { window: 4 }));
    await cluster.seats.reserve([request()], spread);
    expect(code(await start('ann'))).toBe('BUSY');
    expect(await rooms.get('r1')).toBeNull();
    expect(await cluster.counts()).toEqual({ a: 1 });
  });

  it('accepts only members, and the same members and mode each time, in any order', async () => {
    await write(nodeUpdate('a'));
    expect(code(await start('eve'))).toBe('MATCH_TOKEN_INVALID');
    await start('ann');
    expect(code(await start('eve', spread, { members: [...members.slice(1), 'eve'] }))).toBe('MATCH_TOKEN_INVALID');
    expect(code(await start('bob', spread, { members: members.slice(0, 2) }))).toBe('MATCH_TOKEN_INVALID');
    expect(code(await start('bob', spread, { mode: 'duel' }))).toBe('MATCH_TOKEN_INVALID');
    expect(code(await start('bob', spread, { members: [...members].reverse() }))).toBe('a 1');
  });

  it('gives a seat that ran out again, though the window is full', async () => {
    await write(nodeUpdate('a', { window: 4 }));
    await start('ann', overdue);
    expect((await write(nodeUpdate('a', { window: 4 }))).pending.get('a')).toEqual({ count: 0, expired: 4 });
    await cluster.seats.reserve([request(4)], spread);
    expect(code(await start('bob'))).toBe('a 1');
    expect(await cluster.counts()).toEqual({ a: 5 });
    expect(await cluster.score('a')).toBeCloseTo(5 / 100);
  });

  it('keeps the seat of a member who asks again', async () => {
    await write(nodeUpdate('a'));
    await start('ann', overdue);
    await start('bob', spread);
    expect((await write(nodeUpdate('a'))).pending.get('a')).toEqual({ count: 1, expired: 3 });
  });

  it('repeats a node that drains, waits for one that is silent, and leaves one that is sealed', async () => {
    const others = [nodeUpdate('b', { sessions: 9 })];
    await write(nodeUpdate('a'), ...others);
    await start('ann');
    await write(nodeUpdate('a', { standing: 'draining' }), ...others);
    expect(code(await start('bob'))).toBe('a 1');
    await write(nodeUpdate('a', { standing: 'held' }), ...others);
    expect(code(await start('bob'))).toBe('a 1');
    await write(nodeUpdate('a', { standing: 'suspect' }), ...others);
    expect(code(await start('bob'))).toBe('BUSY');
    await write(nodeUpdate('a'), ...others);
    expect(code(await start('bob', { ...spread, exclude: ['a'] }))).toBe('BUSY');
    await cluster.seats.suspend('a', 0);
    expect(code(await start('bob'))).toBe('BUSY');
    await write(nodeUpdate('a', { standing: 'sealed' }), ...others);
    expect(code(await start('bob'))).toBe('b 2');
    expect(code(await start('ann'))).toBe('b 2');
  });

  it.each([
    ['died', [nodeUpdate('b')]],
    ['was started anew', [nodeUpdate('a', { startId: 'a-2', sessions: 9 }), nodeUpdate('b')]],
  ])('places the room anew, for those who still play, when its node %s', async (_, nodes) => {
    await write(nodeUpdate('a'));
    await start('ann');
    await report({});
    await finish('ann');
    await write(...nodes);
    expect(await start('bob')).toMatchObject({ nodeId: 'b', gen: 2, rid: 'r1/2/bob', expected: ['bob', 'cy', 'dee'] });
    expect(await cluster.counts()).toEqual({ b: 3 });
    expect(await rooms.get('r1')).toMatchObject({ status: 'started', gen: 2, finished: ['ann'] });
  });
});

describe('finish', () => {
  it('ends one part after the other, and the room with the last', async () => {
    await write(nodeUpdate('a'));
    await start('ann');
    expect(await finish('ann')).toEqual({ status: 'finished', first: true });
    expect(await finish('ann')).toEqual({ status: 'finished', first: false });
    for (const player of ['bob', 'cy']) expect(await finish(player)).toMatchObject({ status: 'finished' });
    expect(code(await start('ann'))).toBe('ROOM_CLOSED');
    expect(code(await start('dee'))).toBe('a 1');
    expect(await finish('dee')).toEqual({ status: 'ended', first: true });
    for (const player of ['dee', 'ann']) expect(await finish(player)).toEqual({ status: 'ended', first: false });
    expect(code(await start('dee'))).toBe('ROOM_CLOSED');
    expect(await rooms.get('r1')).toMatchObject({ status: 'ended', finished: members });
    expect(await ttlMs()).toBeLessThanOrEqual(600_000);
  });

  it('releases a seat that was not taken, once', async () => {
    await write(nodeUpdate('a', { sessions: 10 }));
    await start('ann');
    await write(nodeUpdate('a', { sessions: 11, arrivals: ['r1/1/ann'] }));
    for (const player of ['ann', 'bob', 'bob']) await finish(player);
    expect(await cluster.counts()).toEqual({ a: 2 });
    expect(await cluster.reservations()).toEqual({ a: 2 });
    expect(await cluster.score('a')).toBeCloseTo(13 / 100);
  });

  it('counts also before the room was started', async () => {
    expect(await finish('ann')).toMatchObject({ status: 'finished' });
    expect(await rooms.get('r1')).toMatchObject({ nodeId: null, startId: null, gen: 0, finished: ['ann'] });
    await write(nodeUpdate('a'));
    expect(await start('bob')).toMatchObject({ gen: 1, expected: ['bob', 'cy', 'dee'] });
    expect(code(await start('ann'))).toBe('ROOM_CLOSED');
    const alone = { roomId: 'r2', mode: 'solo', playerId: 'ann', members: ['ann'] };
    expect(await rooms.finish(alone)).toMatchObject({ status: 'ended' });
    expect(code(await rooms.start(alone, spread))).toBe('ROOM_CLOSED');
  });

  it('is for members only', async () => {
    expect(await finish('eve')).toEqual({ status: 'unknown-member' });
    expect(await rooms.get('r1')).toBeNull();
    await finish('ann');
    const other = ['ann', 'bob', 'cy', 'eve'];
    expect(await rooms.finish(member('eve', { members: other }))).toEqual({ status: 'unknown-member' });
  });
});

describe('report', () => {
  beforeEach(async () => {
    await write(nodeUpdate('a'), nodeUpdate('b', { sessions: 5 }));
    await start('ann');
  });

  it.each([
    [{ status: 'forming' }, 'started'],
    [{ status: 'complete' }, 'complete'],
    [{ status: 'closed', reason: 'incomplete' }, 'dissolved'],
    [{ status: 'closed', reason: 'empty' }, 'ended'],
    [{ status: 'closed', reason: 'ended' }, 'ended'],
    [{ status: 'closed', reason: 'moved' }, 'started'],
  ] as const)('notes %j as %s', async (reported, status) => {
    expect(await report(reported)).toBe('ok');
    expect(await rooms.get('r1')).toMatchObject({ status });
    expect((await ttlMs()) <= 600_000).toBe(status === 'dissolved' || status === 'ended');
    expect(await report(reported)).toBe('ok');
  });

  it('closes a dissolved room for all, and never opens it again', async () => {
    await report({ status: 'closed', reason: 'incomplete' });
    expect(code(await start('bob'))).toBe('ROOM_CLOSED');
    expect(await finish('bob')).toEqual({ status: 'ended', first: false });
    expect(await report({ status: 'complete' })).toBe('ok');
    expect(await rooms.get('r1')).toMatchObject({ status: 'dissolved' });
  });

  it('tells a node that the room lives elsewhere by now', async () => {
    await write(nodeUpdate('b'));
    await start('bob');
    for (const status of ['forming', 'complete', 'closed'] as const) expect(await report({ status })).toBe('stale');
    expect(await rooms.get('r1')).toMatchObject({ nodeId: 'b', gen: 2, status: 'started' });
  });

  it('does not believe another start of the node', async () => {
    expect(await report({ status: 'closed', reason: 'empty' }, 'a-2')).toBe('stale');
    expect(await rooms.get('r1')).toMatchObject({ status: 'started' });
  });

  it('takes a whole node’s rooms', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => roomReport({ roomId: `x${i}` }));
    const outcomes = await rooms.report('a', 'a-1', [...many, roomReport()], 0);
    expect(outcomes).toHaveLength(2_501);
    expect(await rooms.get('r1')).toMatchObject({ status: 'complete' });
  });

  it('refuses an owner whose time is over', async () => {
    await report({}, 'a-1', 7);
    await expect(report({ status: 'closed', reason: 'empty' }, 'a-1', 6)).rejects.toThrow(StaleEpoch);
    expect(await rooms.get('r1')).toMatchObject({ status: 'complete' });
  });
});
