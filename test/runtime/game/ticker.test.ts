import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TICK_PARTS } from '../../../runtime/game/rooms';
import { Ticker } from '../../../runtime/game/ticker';

describe('the ticker', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('runs every part of every tick in turn, and does not drift when timers are late', () => {
    const parts: number[] = [];
    // A clock that is 30 % faster than the timers: they come late each time.
    const beganMs = Date.now();
    const ticker = new Ticker(
      100,
      () => (Date.now() - beganMs) * 1.3,
      (part) => parts.push(part),
    );
    jest.advanceTimersByTime(1_000);
    ticker.stop();
    expect(parts.length).toBe(130);
    expect(parts).toEqual(parts.map((_, i) => i % TICK_PARTS));
  });

  it('makes up for one tick at most after a stall', () => {
    let nowMs = 0;
    let count = 0;
    const ticker = new Ticker(
      100,
      () => nowMs,
      () => {
        count += 1;
      },
    );
    nowMs = 60_000;
    jest.advanceTimersByTime(10);
    ticker.stop();
    expect(count).toBe(TICK_PARTS);
    expect(jest.getTimerCount()).toBe(0);
  });
});
