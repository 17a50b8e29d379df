import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fullBucket, type Rate, takeToken } from '../../../runtime/core/token-bucket';

const rate: Rate = { perSecond: 10, burst: 20 };

describe('takeToken', () => {
  it('lets a burst through, then the steady rate', () => {
    let bucket = fullBucket(rate, 0);
    const passed = (nowMs: number) => {
      const taken = takeToken(bucket, rate, nowMs);
      bucket = taken.bucket;
      return taken.allowed;
    };
    expect(Array.from({ length: 25 }, () => passed(0)).filter(Boolean)).toHaveLength(20);
    expect(passed(100)).toBe(true);
    expect(passed(100)).toBe(false);
  });

  it('never lets more through than burst plus rate times the time, whatever the arrivals, also when the clock goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 200 }), (steps) => {
        let bucket = fullBucket(rate, 0);
        let nowMs = 0;
        let forwardMs = 0;
        let allowed = 0;
        for (const step of steps) {
          nowMs += step;
          forwardMs += Math.max(0, step);
          const taken = takeToken(bucket, rate, nowMs);
          bucket = taken.bucket;
          if (taken.allowed) allowed += 1;
        }
        expect(allowed).toBeLessThanOrEqual(rate.burst + (forwardMs * rate.perSecond) / 1_000 + 1e-6);
      }),
    );
  });
});
