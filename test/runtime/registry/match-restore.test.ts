import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { matchKeys } from '../../../runtime/registry/keys';
import { RedisMatchQueue } from '../../../runtime/registry/match-queue';
import type { WaitingPlayer } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';

const redis = testRedis();
afterAll(() => redis.disconnect());

const START_MS = 1_700_000_000_000;
let nowMs: number;
let stack: string;
let queue: RedisMatchQueue;
beforeEach(() => {
  nowMs = START_MS;
  stack = testStack();
  queue = new RedisMatchQueue({ redis, stack, nowMs: () => nowMs });
});

const player = (playerId: string, over: Partial<WaitingPlayer> = {}): WaitingPlayer => ({
  ...{ playerId, mode: 'duel', pool: 'p', connectionId: `c-${playerId}`, enteredAtMs: nowMs },
  ...over,
});
const enter = async (playerId: string) => (await queue.enter(player(playerId), 2)).standing;
const stateOf = async (each: WaitingPlayer) => (await queue.heartbeat([each]))[0]?.state;
const members = ['ann', 'bob'];
const room = (over: { playing?: string[]; complete?: boolean } = {}) => ({
  ...{ roomId: 'r1', mode: 'duel', members, playing: members, complete: true },
  ...over,
});
const match = () => queue.match('r1');

describe('a room that is live on its node, in a registry that has forgotten it', () => {
  it('gets its match and its members back, once', async () => {
    expect(await queue.restore(room())).toBe(true);
    expect(await match()).toMatchObject({ roomId: 'r1', mode: 'duel', members: ['ann', 'bob'], status: 'complete' });
    expect(await queue.restore(room())).toBe(false);
    // Nobody is in two rooms (S3).
    expect(await enter('ann')).toMatchObject({ state: 'matched', match: { roomId: 'r1' } });
    await queue.release('r1', ['ann', 'bob']);
    expect(await match()).toMatchObject({ status: 'ended' });
    expect(await enter('ann')).toMatchObject({ state: 'waiting' });
  });

  it('does not get back who has left it', async () => {
    await queue.restore(room({ playing: ['bob'] }));
    expect(await enter('ann')).toMatchObject({ state: 'waiting' });
    await queue.restore(room({ playing: ['bob'] }));
    expect(await stateOf(player('ann'))).toBe('waiting');
    // The others still see who was in the room.
    expect(await enter('bob')).toMatchObject({ state: 'matched', match: { members } });
    expect(await queue.restore({ ...room({ playing: [] }), roomId: 'r2' })).toBe(false);
    expect(await queue.match('r2')).toBeNull();
  });

  it('takes who waits by now when it is complete, but not while it forms, and nobody from another room', async () => {
    await enter('ann');
    await queue.restore(room({ complete: false }));
    expect(await stateOf(player('ann'))).toBe('waiting');
    await queue.restore(room());
    expect(await stateOf(player('ann'))).toBe('matched');
    expect(await queue.depths()).toEqual([]);
    await queue.restore({ ...room(), roomId: 'r2' });
    expect(await enter('ann')).toMatchObject({ match: { roomId: 'r1' } });
  });

  it('that a lobby node has put back already gets the members who are away', async () => {
    await enter('ann');
    await enter('bob');
    const [standing] = await queue.heartbeat([player('ann')]);
    if (standing?.state !== 'matched') throw new Error('two players make a match');
    const known = { match: standing.match, acknowledged: false };
    await redis.del(...Object.values(matchKeys(stack, 'lobby')));
    await queue.heartbeat([player('ann', { known })]);
    expect(await queue.match(standing.match.roomId)).toMatchObject({ status: 'open', pool: 'p' });
    const live = { ...room({ complete: false }), roomId: standing.match.roomId };
    expect(await queue.restore(live)).toBe(true);
    expect(await enter('bob')).toMatchObject({ state: 'matched', match: { roomId: standing.match.roomId } });
  });

  it('and dissolves after all: who is in the lobby waits in the right pool, the others enter again', async () => {
    await queue.restore(room({ complete: false }));
    expect(await match()).toMatchObject({ status: 'open', deadlineMs: START_MS + 20_000 });
    const lingering = player('ann', { known: { match: await knownMatch(), acknowledged: true } });
    expect(await stateOf(lingering)).toBe('matched');
    nowMs += 30_000;
    await queue.heartbeat([lingering]);
    expect((await queue.sweep(() => 2)).dissolved).toMatchObject([{ roomId: 'r1' }]);
    expect(await stateOf(player('ann'))).toBe('waiting');
    expect(await queue.depths()).toEqual([{ mode: 'duel', pool: 'p', waiting: 1 }]);
    expect(await enter('bob')).toMatchObject({ state: 'matched', match: { members: ['ann', 'bob'] } });
  });

  it('is not opened again once it is over', async () => {
    await queue.restore(room());
    await queue.release('r1');
    expect(await queue.restore(room())).toBe(false);
    expect(await enter('ann')).toMatchObject({ state: 'waiting' });
  });
});

async function knownMatch() {
  const found = await match();
  if (found === null) throw new Error('r1 is known');
  return found;
}
