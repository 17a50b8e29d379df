import { describe, expect, it } from '@jest/globals';
import { Backlog } from '../../../../runtime/balancer/watch/backlog';
import type { RoomReport } from '../../../../runtime/core/protocol/agent';

describe('the backlog of a node', () => {
  const report = (roomId: string, status: RoomReport['status']): RoomReport => {
    return { roomId, gen: 1, mode: 'battle', status, members: [] };
  };
  const add = (backlog: Backlog, arrivals: string[], rooms: RoomReport[] = [], full = false) =>
    backlog.add({ arrivals, rooms, full });

  it('keeps what came while a write was under way', () => {
    const backlog = new Backlog();
    add(backlog, ['r1', 'r2'], [report('m1', 'forming'), report('m2', 'forming')]);
    const [arrivals, rooms] = [backlog.arrivals(), backlog.rooms()];
    add(backlog, ['r3'], [report('m1', 'complete')]);
    backlog.arrivalsWritten(arrivals);
    backlog.roomsWritten(rooms);
    expect(backlog.arrivals()).toMatchObject({ rids: ['r3'], news: 1 });
    expect(backlog.rooms()).toEqual([report('m1', 'complete')]);
  });

  it('keeps an arrival that came again while the first one was being written', () => {
    const backlog = new Backlog();
    add(backlog, ['r1', 'r2']);
    const arrivals = backlog.arrivals();
    add(backlog, ['r1']);
    backlog.arrivalsWritten(arrivals);
    expect(backlog.arrivals()).toMatchObject({ rids: ['r1'], news: 1 });
    backlog.arrivalsWritten(backlog.arrivals());
    expect(backlog.arrivals()).toMatchObject({ rids: [], news: 0 });
  });

  it('does not take repeats for news', () => {
    const backlog = new Backlog();
    add(backlog, ['r1', 'r2'], [], true);
    add(backlog, ['r3']);
    expect(backlog.arrivals()).toMatchObject({ rids: ['r1', 'r2', 'r3'], news: 1 });
  });

  it('drops everything when it overflows, and says so', () => {
    const backlog = new Backlog();
    const many = (from: number) => Array.from({ length: 15_000 }, (_, index) => `r${from + index}`);
    expect(add(backlog, many(0))).toBe(true);
    expect(add(backlog, many(15_000))).toBe(false);
    expect(backlog.arrivals()).toMatchObject({ rids: [], news: 0 });
  });

  it('counts on from nothing when it was cleared during a write', () => {
    const backlog = new Backlog();
    add(backlog, ['r1']);
    const arrivals = backlog.arrivals();
    backlog.clear();
    backlog.arrivalsWritten(arrivals);
    add(backlog, ['r2']);
    expect(backlog.arrivals()).toMatchObject({ rids: ['r2'], news: 1 });
  });
});
