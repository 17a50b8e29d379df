import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeFault, randomMix } from './schedule';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const options = (seed: number, redis = true) => ({ seed, durationMs: 120_000, redis });

describe('a random mix', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(randomMix(options(7))).toEqual(randomMix(options(7)));
    expect(randomMix(options(7))).not.toEqual(randomMix(options(8)));
  });

  it('is over in time, in order, never much at once, and never twice at one place', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, redis) => {
        const faults = randomMix(options(seed, redis));
        for (const [i, fault] of faults.entries()) {
          expect(fault.atMs + fault.forMs).toBeLessThanOrEqual(120_000);
          expect(fault.atMs).toBeGreaterThanOrEqual(faults[i - 1]?.atMs ?? 0);
          const there = faults.slice(0, i).filter(({ atMs, forMs }) => atMs + forMs >= fault.atMs);
          expect(there.length).toBeLessThan(3);
          expect(there.map(({ target }) => target)).not.toContain(fault.target);
          if (!redis) expect([fault.target === 'redis', fault.what === 'flush']).toEqual([false, false]);
        }
      }),
    );
  });

  it('has every kind of fault in an hour, and pauses of 1 to 30 s', () => {
    const faults = randomMix({ seed: 1, durationMs: 3_600_000, redis: true });
    expect(new Set(faults.map(({ what }) => what))).toEqual(
      new Set(['kill', 'pause', 'flush', 'cut', 'refuse', 'delay', 'half-open']),
    );
    const pauses = faults.filter(({ what, target }) => what === 'pause' && target !== 'redis');
    for (const { forMs } of pauses) expect([forMs >= 1_000, forMs <= 30_000]).toEqual([true, true]);
    for (const fault of faults.filter(({ what }) => what === 'delay')) expect(fault.delayMs).toBeGreaterThanOrEqual(50);
  });
});

it('a fault in words', () => {
  expect(describeFault({ atMs: 1, what: 'kill', target: 'balancer-a', forMs: 0 })).toBe('kill balancer-a');
  const late = { atMs: 1, what: 'delay', target: 'balancer-a→redis', forMs: 1_500, delayMs: 300 } as const;
  expect(describeFault(late)).toBe('delay balancer-a→redis by 300 ms for 1.5 s');
});
