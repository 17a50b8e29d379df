import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PlacedRoom } from '../../../runtime/core/protocol/peer';
import { RedisRooms, RedisSeats } from '../../../runtime/registry';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, spread } from './seats-support';

const redis = testRedis();
afterAll(() => redis.disconnect());

let rooms: RedisRooms;
beforeEach(async () => {
  const stack = testStack();
  rooms = new RedisRooms(redis, stack, 'game');
  await new RedisSeats(redis, stack, 'game').refresh({ epoch: 0, nodes: [nodeUpdate('a'), nodeUpdate('b')] });
});

const members = ['ann', 'bob'];
const member = (playerId: string) => ({ roomId: 'r', mode: 'duel', playerId, members });
const placed = (over: Partial<PlacedRoom> = {}): PlacedRoom => ({
  ...{ roomId: 'r', mode: 'duel', gen: 5, nodeId: 'a', startId: 'a-1', members, playing: members },
  ...over,
});

describe('places that were given without the registry', () => {
  it('are the room’s from then on, for every member', async () => {
    await rooms.restore([placed(), placed({ roomId: 'other', nodeId: 'b', startId: 'b-1' })]);
    expect(await rooms.get('r')).toMatchObject({ status: 'started', nodeId: 'a', gen: 5, members, finished: [] });
    expect(await rooms.get('other')).toMatchObject({ nodeId: 'b' });
    for (const playerId of members) {
      expect(await rooms.start(member(playerId), spread)).toMatchObject({
        ok: true,
        nodeId: 'a',
        gen: 5,
        expected: members,
      });
    }
  });

  it('beat an earlier generation, not a later one, however often they are written', async () => {
    await rooms.restore([placed()]);
    await rooms.restore([placed({ gen: 7, nodeId: 'b', startId: 'b-1' })]);
    for (let again = 0; again < 2; again++) await rooms.restore([placed({ gen: 6 })]);
    expect(await rooms.get('r')).toMatchObject({ nodeId: 'b', gen: 7 });
  });

  it('leave who has finished finished, and a room that is over closed', async () => {
    await rooms.finish(member('ann'));
    await rooms.restore([placed()]);
    expect(await rooms.get('r')).toMatchObject({ nodeId: 'a', finished: ['ann'] });
    expect(await rooms.start(member('ann'), spread)).toEqual({ ok: false, code: 'ROOM_CLOSED' });
    expect(await rooms.start(member('bob'), spread)).toMatchObject({ ok: true, expected: ['bob'] });
    await rooms.finish(member('bob'));
    await rooms.restore([placed({ gen: 9 })]);
    expect(await rooms.get('r')).toMatchObject({ status: 'ended', gen: 5 });
  });

  it('know those who have finished by who still plays', async () => {
    await rooms.restore([placed({ playing: ['bob'] })]);
    expect(await rooms.get('r')).toMatchObject({ finished: ['ann'] });
  });

  it('may be many, or none', async () => {
    await rooms.restore([]);
    await rooms.restore(Array.from({ length: 2_500 }, (_, index) => placed({ roomId: `m${index}` })));
    expect(await rooms.get('m2499')).toMatchObject({ nodeId: 'a' });
  });
});
