import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Mover } from '../../../runtime/agent/mover';

describe('the mover', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const players = (asked: [string, number][]) =>
    Array.from({ length: 10 }, (_, i) => ({
      playerId: `p${i}`,
      ask: () => asked.push([`p${i}`, Date.now()]),
    }));

  it('asks one player in each slot of the time, each player once', () => {
    const asked: [string, number][] = [];
    const startMs = Date.now();
    new Mover(() => true).start(players(asked), 5, 10_000);
    jest.advanceTimersByTime(20_000);
    expect(new Set(asked.map(([player]) => player)).size).toBe(5);
    for (const [slot, [, atMs]] of asked.entries()) {
      // Timers round to milliseconds, so an edge may be off by one for each slot before.
      expect(atMs - startMs).toBeGreaterThanOrEqual(slot * 2_000 - 10);
      expect(atMs - startMs).toBeLessThanOrEqual((slot + 1) * 2_000 + 10);
    }
  });

  it('asks only those who can move when their turn comes, and ends when there are none', () => {
    const asked: [string, number][] = [];
    const inRoom = new Set<string>();
    new Mover((player) => !inRoom.has(player)).start(players(asked), 100, 1_000);
    jest.advanceTimersByTime(50);
    const before = asked.length;
    for (let i = 0; i < 10; i++) inRoom.add(`p${i}`);
    jest.advanceTimersByTime(10_000);
    expect(before).toBeGreaterThan(0);
    expect(asked.length).toBe(before);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('forgets the move under way when there is another, or when it is stopped', () => {
    const asked: [string, number][] = [];
    const mover = new Mover(() => true);
    mover.start(players(asked), 10, 1_000_000);
    mover.start(players(asked), 1, 10);
    jest.advanceTimersByTime(10_000_000);
    expect(asked.length).toBe(1);
    mover.start(players(asked), 10, 1_000);
    mover.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
