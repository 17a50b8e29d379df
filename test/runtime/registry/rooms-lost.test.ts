import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import { gatheredKeys } from '../../../runtime/registry/keys';
import { RedisRooms } from '../../../runtime/registry/rooms';
import { type RoomStartResult, StaleEpoch } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, roomsGathered, spread, TestCluster } from './seats-support';

const redis = testRedis();
const members = ['ann', 'bob', 'cy', 'dee'];
const EPOCH = 1_806_336_000_000_003;
let stack: string;
let cluster: TestCluster;
let rooms: RedisRooms;

beforeEach(async () => {
  stack = testStack();
  cluster = new TestCluster(redis, stack, 'game');
  rooms = new RedisRooms(redis, stack, 'game');
  await roomsGathered(rooms);
  await nodes('a', 'b');
});
afterAll(() => redis.disconnect());

/** The first one gets the next room. */
const nodes = (...ids: string[]) =>
  cluster.seats.refresh({ epoch: 0, nodes: ids.map((id, index) => nodeUpdate(id, { sessions: index })) });
const member = (playerId: string, changes = {}) => ({ roomId: 'r1', mode: 'battle', playerId, members, ...changes });
const start = (playerId: string, changes = {}) => rooms.start(member(playerId, changes), spread);
const code = (result: RoomStartResult) => (result.ok ? `${result.nodeId} ${result.gen}` : result.code);
const report = async (nodeId: string, changes: Partial<RoomReport> = {}, epoch = 0) => {
  const whole = { roomId: 'r1', gen: 1, mode: 'battle', status: 'complete', members, ...changes } as const;
  const [outcome] = await rooms.report(nodeId, `${nodeId}-1`, [whole], epoch);
  return outcome;
};
const taken = { roomId: 'r1', outcome: 'ok', close: null };

/** What FLUSHALL does to this test's own keys. */
async function emptyRedis(): Promise<void> {
  const keys = await redis.keys(`{${stack}:*`);
  if (keys.length > 0) await redis.del(...keys);
}

describe('an emptied registry', () => {
  it('places no room before every node has reported, then the rest', async () => {
    await start('ann');
    await emptyRedis();
    await nodes('b', 'a');
    expect(code(await start('bob'))).toBe('BUSY');
    expect(await rooms.gather(0, false)).toBe('ask');
    expect(await rooms.gather(0, false)).toBe('asked');
    expect(code(await start('bob'))).toBe('BUSY');
    expect(await report('a')).toEqual(taken);
    expect(code(await start('bob'))).toBe('a 1');
    expect(code(await start('bob', { roomId: 'r2' }))).toBe('BUSY');
    expect(await rooms.gather(0, true)).toBe('gathered');
    expect(code(await start('bob', { roomId: 'r2' }))).toBe('b 1');
    expect(await rooms.gather(0, false)).toBe('gathered');
  });

  it('does not believe answers to a question that it has forgotten: it was emptied again meanwhile', async () => {
    await emptyRedis();
    expect(await rooms.gather(0, false)).toBe('ask');
    await emptyRedis();
    expect(await rooms.gather(0, true)).toBe('ask');
    expect(await rooms.gather(0, true)).toBe('gathered');
  });

  it('asks again for a new owner, and refuses an old one', async () => {
    await emptyRedis();
    expect(await rooms.gather(7, false)).toBe('ask');
    expect(await rooms.gather(8, true)).toBe('ask');
    await expect(rooms.gather(7, true)).rejects.toThrow(StaleEpoch);
    expect(await rooms.gather(8, true)).toBe('gathered');
  });

  it('that is another process may lack what was written last, whatever it holds', async () => {
    await start('ann');
    await redis.set(gatheredKeys(stack, 'game').gathered, `${'0'.repeat(40)} 0`);
    expect(code(await start('bob'))).toBe('a 1');
    expect(code(await start('bob', { roomId: 'r2' }))).toBe('BUSY');
    await nodes('b');
    // Its node is gone: perhaps it was placed anew already, by a write that was lost.
    expect(code(await start('bob'))).toBe('BUSY');
    expect(await rooms.gather(0, false)).toBe('ask');
  });

  it('gives a generation above all that were lost', async () => {
    await emptyRedis();
    await rooms.gather(EPOCH, false);
    await rooms.gather(EPOCH, true);
    await cluster.seats.refresh({ epoch: EPOCH, nodes: [nodeUpdate('b')] });
    const placed = await start('ann');
    expect(placed).toMatchObject({ nodeId: 'b', gen: EPOCH + 1, rid: `r1/${EPOCH + 1}/ann` });
    expect(await report('a', { gen: 3 }, EPOCH)).toEqual({
      roomId: 'r1',
      outcome: 'stale',
      close: { nodeId: 'a', gen: 3 },
    });
    expect(await rooms.get('r1')).toMatchObject({ nodeId: 'b', gen: EPOCH + 1 });
  });
});

describe('a report of a room that is not known', () => {
  beforeEach(async () => {
    await emptyRedis();
    await nodes('b', 'a');
  });

  it.each([
    [{ status: 'forming' }, 'started', 'a 1'],
    [{ status: 'complete' }, 'complete', 'a 1'],
    [{ status: 'closed', reason: 'incomplete' }, 'dissolved', 'ROOM_CLOSED'],
    [{ status: 'closed', reason: 'empty' }, 'ended', 'ROOM_CLOSED'],
  ] as const)('%j makes its record again: %s', async (reported, status, answer) => {
    expect(await report('a', reported)).toEqual(taken);
    expect(await rooms.get('r1')).toMatchObject({ status, nodeId: 'a', startId: 'a-1', gen: 1, members });
    expect(code(await start('bob'))).toBe(answer);
  });

  it('as moved says nothing: it lives elsewhere, if anywhere', async () => {
    expect(await report('a', { status: 'closed', reason: 'moved' })).toEqual(taken);
    expect(await rooms.get('r1')).toBeNull();
  });

  it('knows who had finished as soon as a member shows the whole list', async () => {
    await report('a', { gen: 2, members: ['bob', 'cy'] });
    expect(code(await start('ann', { members: ['ann', 'cy', 'dee'] }))).toBe('MATCH_TOKEN_INVALID');
    expect(code(await start('bob'))).toBe('a 2');
    expect(await rooms.get('r1')).toMatchObject({ members, finished: ['ann', 'dee'] });
    expect(code(await start('ann'))).toBe('ROOM_CLOSED');
    expect(code(await start('eve', { members: ['bob', 'cy', 'eve'] }))).toBe('MATCH_TOKEN_INVALID');
    expect(await rooms.finish(member('bob'))).toEqual({ status: 'finished', first: true });
    expect(await rooms.finish(member('cy'))).toEqual({ status: 'ended', first: true });
  });

  it('keeps what members finished before it came', async () => {
    await rooms.finish(member('ann'));
    await report('a');
    expect(await rooms.get('r1')).toMatchObject({ nodeId: 'a', gen: 1, members, finished: ['ann'] });
    for (const player of ['bob', 'cy']) await rooms.finish(member(player));
    expect(await rooms.finish(member('dee'))).toEqual({ status: 'ended', first: true });
  });

  it('does not bring back a room that all have finished', async () => {
    for (const player of members) await rooms.finish(member(player));
    expect(await report('a')).toEqual(taken);
    expect(code(await start('ann'))).toBe('ROOM_CLOSED');
  });
});

describe('a place that a balancer remembers', () => {
  const place = (changes = {}) => ({
    ...{ roomId: 'r1', mode: 'battle', gen: 1, nodeId: 'a', startId: 'a-1', members, playing: members },
    ...changes,
  });

  it('makes the record again, and the token of a member says who had finished', async () => {
    await emptyRedis();
    await nodes('b', 'a');
    await rooms.restore([place({ gen: 2, members: ['bob', 'cy', 'dee'], playing: ['bob', 'cy', 'dee'] })]);
    expect(code(await start('bob'))).toBe('a 2');
    expect(await rooms.get('r1')).toMatchObject({ members, finished: ['ann'], status: 'started' });
  });

  it('changes nothing of a room that is known, or over', async () => {
    await start('ann');
    await report('a');
    const known = await rooms.get('r1');
    await rooms.restore([place(), place({ nodeId: 'b', startId: 'b-1' })]);
    expect(await rooms.get('r1')).toEqual(known);
    await report('a', { status: 'closed', reason: 'empty' });
    await rooms.restore([place({ gen: 2, nodeId: 'b', startId: 'b-1' })]);
    expect(code(await start('bob'))).toBe('ROOM_CLOSED');
  });

  it('of a room on a node that is silent makes it wait for that node', async () => {
    await emptyRedis();
    await cluster.seats.refresh({ epoch: 0, nodes: [nodeUpdate('a', { standing: 'suspect' }), nodeUpdate('b')] });
    await rooms.restore([place()]);
    await roomsGathered(rooms);
    expect(code(await start('bob'))).toBe('BUSY');
    await nodes('b', 'a');
    expect(code(await start('bob'))).toBe('a 1');
  });
});

describe('two nodes that report the same room', () => {
  it('the later generation has it, and the other node is told to close its own', async () => {
    await emptyRedis();
    await report('a', { gen: 1 });
    expect(await report('b', { gen: 2, status: 'forming', members: members.slice(1) })).toEqual({
      ...taken,
      close: { nodeId: 'a', gen: 1 },
    });
    expect(await report('a', { gen: 1 })).toEqual({ roomId: 'r1', outcome: 'stale', close: { nodeId: 'a', gen: 1 } });
    await nodes('a', 'b');
    expect(await start('bob')).toMatchObject({ nodeId: 'b', gen: 2, expected: members.slice(1) });
  });

  it('a placement that was lost by a fail-over, though an earlier one is known', async () => {
    await start('ann');
    expect(await report('b', { gen: 2, members: members.slice(1) })).toEqual({
      ...taken,
      close: { nodeId: 'a', gen: 1 },
    });
    expect(await rooms.get('r1')).toMatchObject({
      nodeId: 'b',
      gen: 2,
      members,
      finished: ['ann'],
      status: 'complete',
    });
  });

  it('end on one node, and are never open on it again, in whatever order the reports come', async () => {
    const NODES = ['a', 'b', 'c'];
    const status = fc.constantFrom('forming' as const, 'complete' as const);
    const each = fc.record({ node: fc.constantFrom(...NODES), status });
    await fc.assert(
      fc.asyncProperty(fc.array(each, { minLength: 1, maxLength: 10 }), fc.boolean(), async (reports, known) => {
        await emptyRedis();
        await roomsGathered(rooms);
        if (known) {
          await nodes('a');
          await start('ann');
        }
        // Node a has generation 1, b 2, c 3; who was told to close has closed.
        const live = new Map(NODES.map((nodeId, index) => [nodeId, index + 1]));
        let highest = known ? 1 : 0;
        for (const { node, status: of } of reports) {
          const gen = live.get(node);
          if (gen === undefined) continue;
          const close = (await report(node, { gen, status: of }))?.close;
          highest = Math.max(highest, gen);
          if (close !== undefined && close !== null && live.get(close.nodeId) === close.gen) live.delete(close.nodeId);
        }
        const record = await rooms.get('r1');
        expect(record).toMatchObject({ gen: highest, nodeId: NODES[highest - 1] });
        const reported = new Set(reports.map(({ node }) => node));
        expect([...live.keys()].filter((node) => reported.has(node))).toEqual(
          reported.has(record?.nodeId ?? '') ? [record?.nodeId] : [],
        );
      }),
      { numRuns: 100 },
    );
  });
});
