import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimit, type Verdict } from '../../../runtime/core/rate-limit';

/** Sends `perSecond` messages evenly for `seconds`, and counts the verdicts. */
function send(limit: RateLimit, perSecond: number, seconds: number, fromMs = 0): Record<Verdict, number> {
  const counts = { pass: 0, drop: 0, warn: 0, expel: 0 };
  for (let i = 0; i < perSecond * seconds; i++) counts[limit.take(fromMs + (i * 1_000) / perSecond)] += 1;
  return counts;
}

describe('the rate limit', () => {
  it('lets pass what keeps to the rate', () => {
    expect(send(new RateLimit(30, 0), 30, 60)).toEqual({ pass: 1_800, drop: 0, warn: 0, expel: 0 });
  });

  it('drops the surplus and says so once a second', () => {
    const counts = send(new RateLimit(30, 0), 100, 10);
    expect(counts.pass).toBeLessThanOrEqual(30 * 11);
    expect(counts.pass).toBeGreaterThanOrEqual(30 * 10 - 1);
    expect(counts.warn).toBeGreaterThan(5);
    expect(counts.warn).toBeLessThanOrEqual(10);
    expect(counts.expel).toBe(0);
  });

  it('expels who sends ten times too many for three seconds, not who does for one', () => {
    const limit = new RateLimit(30, 0);
    expect(send(limit, 3_000, 1).expel).toBe(0);
    expect(send(limit, 30, 5, 1_000).expel).toBe(0);
    expect(send(limit, 3_000, 5, 6_000).expel).toBeGreaterThan(0);
  });

  it('never lets more pass than a second holds plus what time has earned', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (gaps) => {
        const limit = new RateLimit(5, 0);
        let nowMs = 0;
        let passed = 0;
        for (const gap of gaps) {
          nowMs += gap;
          if (limit.take(nowMs) === 'pass') passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(5 + (nowMs * 5) / 1_000 + 1e-6);
      }),
      { numRuns: 200 },
    );
  });
});
