import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FIRST_WINDOW, stepWindow } from '../../../runtime/core/window';

describe('the window', () => {
  it('starts at 64 and grows by one for each arrival', () => {
    expect(FIRST_WINDOW).toBe(64);
    expect(stepWindow(64, { arrivals: 10, expired: 0, capacity: 1_000 })).toBe(74);
  });

  it('shrinks by half, once a step, when reservations ran out unfulfilled', () => {
    expect(stepWindow(64, { arrivals: 0, expired: 50, capacity: 1_000 })).toBe(32);
    expect(stepWindow(65, { arrivals: 3, expired: 1, capacity: 1_000 })).toBe(35);
  });

  it('keeps 8, so that a node can recover, but never more than the capacity', () => {
    expect(stepWindow(9, { arrivals: 0, expired: 1, capacity: 1_000 })).toBe(8);
    expect(stepWindow(64, { arrivals: 0, expired: 0, capacity: 5 })).toBe(5);
    expect(stepWindow(8, { arrivals: 0, expired: 1, capacity: 5 })).toBe(5);
  });

  it('stays within its bounds for any history, and recovers', () => {
    const sample = fc.record({
      arrivals: fc.nat(500),
      expired: fc.nat(500),
      capacity: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (samples) => {
        let window = FIRST_WINDOW;
        for (const step of samples) {
          window = stepWindow(window, step);
          expect(Number.isInteger(window)).toBe(true);
          expect(window).toBeGreaterThanOrEqual(Math.min(8, step.capacity));
          expect(window).toBeLessThanOrEqual(step.capacity);
        }
        expect(stepWindow(window, { arrivals: 1_000, expired: 0, capacity: 300 })).toBe(300);
      }),
    );
  });
});
