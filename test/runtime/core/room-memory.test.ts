import { describe, expect, it } from '@jest/globals';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import type { PlacedRoom } from '../../../runtime/core/protocol/peer';
import { RoomMemory } from '../../../runtime/core/room-memory';

const members = ['ann', 'bob'];
const placed = (over: Partial<PlacedRoom> = {}): PlacedRoom => ({
  ...{ roomId: 'r', mode: 'duel', gen: 5, nodeId: 'a', startId: 'a-1', members, playing: members },
  ...over,
});
const report = (over: Partial<RoomReport> = {}): RoomReport => ({
  ...{ roomId: 'r', mode: 'duel', gen: 5, status: 'forming', members },
  ...over,
});
const news = (rooms: readonly RoomReport[], over: { nodeId?: string; startId?: string; full?: boolean } = {}) => ({
  ...{ nodeId: 'a', startId: 'a-1', full: false, rooms },
  ...over,
});

describe('RoomMemory', () => {
  it('knows a room from the place that was given, and from what its node tells', () => {
    const memory = new RoomMemory();
    memory.given(placed(), 0);
    expect(memory.find('r')).toMatchObject({ nodeId: 'a', over: false, reported: false });
    memory.told(news([report(), report({ roomId: 'other' })]));
    expect(memory.find('r')).toMatchObject({ nodeId: 'a', reported: true, members });
    expect(memory.find('other')).toMatchObject({ nodeId: 'a', startId: 'a-1', playing: members });
    expect(memory.places()).toEqual([placed()]);
    expect(memory.living()).toEqual([placed(), placed({ roomId: 'other' })]);
  });

  it('believes the later generation, whoever tells of it first', () => {
    const memory = new RoomMemory();
    memory.given(placed({ gen: 7, nodeId: 'b' }), 0);
    memory.told(news([report()]));
    memory.given(placed(), 0);
    expect(memory.find('r')?.nodeId).toBe('b');
    memory.told(news([report({ gen: 8 })]));
    expect(memory.find('r')).toMatchObject({ nodeId: 'a', gen: 8 });
    expect(memory.highestGen).toBe(8);
  });

  it('a room that is over stays so, and is no place any more; one that has moved is forgotten', () => {
    const memory = new RoomMemory();
    memory.given(placed(), 0);
    memory.told(news([report({ status: 'closed', reason: 'empty' })]));
    memory.given(placed(), 1);
    expect(memory.find('r')?.over).toBe(true);
    expect([memory.places(), memory.living()]).toEqual([[], []]);
    memory.told(news([report({ roomId: 'm' })]));
    memory.told(news([report({ roomId: 'm', status: 'closed', reason: 'moved' })]));
    expect(memory.find('m')).toBeUndefined();
  });

  it('a whole answer ends what it leaves out, but for places that nobody has come to yet', () => {
    const memory = new RoomMemory();
    memory.told(news([report({ roomId: 'gone' }), report({ roomId: 'stays' })]));
    memory.given(placed({ roomId: 'coming' }), 0);
    expect(memory.heard('a', 'a-1')).toBe(false);
    memory.told(news([report({ roomId: 'stays' })], { full: true }));
    expect(memory.find('gone')).toBeUndefined();
    expect(memory.find('stays')).toBeDefined();
    expect(memory.find('coming')).toBeDefined();
    expect([memory.heard('a', 'a-1'), memory.heard('a', 'a-2')]).toEqual([true, false]);
  });

  it('forgets places that are old, and what earlier starts and nodes that are gone told', () => {
    const memory = new RoomMemory();
    memory.given(placed({ roomId: 'old' }), 0);
    memory.given(placed({ roomId: 'came' }), 0);
    memory.told(news([report({ roomId: 'came' })], { full: true }));
    memory.told(news([report({ roomId: 'b' })], { nodeId: 'b', startId: 'b-1', full: true }));
    memory.forget(new Set(['a', 'b']), 59_999);
    expect(['old', 'came', 'b'].map((roomId) => memory.find(roomId) !== undefined)).toEqual([true, true, true]);
    memory.forget(new Set(['a']), 60_000);
    expect(['old', 'came', 'b'].map((roomId) => memory.find(roomId) !== undefined)).toEqual([false, true, false]);
    expect(memory.places()).toEqual([]);
    memory.told(news([], { startId: 'a-2', full: true }));
    expect(memory.find('came')?.startId).toBe('a-1');
    memory.forget(new Set(['a']), 60_001);
    expect(memory.find('came')).toBeUndefined();
  });
});
