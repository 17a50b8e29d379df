import { describe, expect, it } from '@jest/globals';
import { loadToCome, noteLoad, type Past } from '../../../../runtime/core/scaling/seasons';
import { DAY_SLOTS, SLOT_MS, WEEK_SLOTS } from '../../../../runtime/core/scaling/slots';
import { climbOf, surgeOf } from '../../../../runtime/core/scaling/surge';

const DAY_MS = DAY_SLOTS * SLOT_MS;

/** What is remembered after so many slots of a load. */
function remembered(slots: number, load: (slot: number) => number): Past {
  let past: Past = null;
  for (let slot = 0; slot < slots; slot++) past = noteLoad(past, load(slot), slot * SLOT_MS);
  return past;
}

describe('the same time of the day and of the week before', () => {
  const daily = (slot: number) => (slot % DAY_SLOTS === 100 ? 900 : 100);

  it('tells of a peak before it comes again', () => {
    const past = remembered(DAY_SLOTS + 98, daily);
    const nowMs = DAY_MS + 97 * SLOT_MS;
    expect(loadToCome(past, nowMs, nowMs + 2 * SLOT_MS)).toBe(100);
    expect(loadToCome(past, nowMs, nowMs + 3 * SLOT_MS)).toBe(900);
  });

  it('counts as much as today is like it', () => {
    const half = remembered(DAY_SLOTS + 98, (slot) => (slot < DAY_SLOTS ? 1 : 0.6) * daily(slot));
    const nowMs = DAY_MS + 97 * SLOT_MS;
    expect(loadToCome(half, nowMs, nowMs + 3 * SLOT_MS)).toBeCloseTo(540);
  });

  it('knows nothing of times that were not seen, and keeps a week', () => {
    expect(loadToCome(null, 0, DAY_MS)).toBeNull();
    expect(loadToCome(remembered(100, daily), 100 * SLOT_MS, 110 * SLOT_MS)).toBeNull();
    expect(remembered(WEEK_SLOTS + 500, daily)?.peaks).toHaveLength(WEEK_SLOTS);
  });

  it('survives gaps and clocks that are set', () => {
    const gap = noteLoad(
      remembered(10, () => 5),
      7,
      400 * SLOT_MS,
    );
    expect(gap?.peaks).toHaveLength(400);
    expect(noteLoad(gap, 9, 399 * SLOT_MS)).toBe(gap);
    expect(noteLoad(gap, 9, 10 * WEEK_SLOTS * SLOT_MS)?.peaks).toEqual([]);
  });
});

describe('a surge', () => {
  const points = (...loads: number[]) => loads.map((load, i) => ({ atMs: i * 5_000, load }));

  it('is a rise beyond doubt, seen within seconds', () => {
    expect(surgeOf(points(1_000, 1_000, 1_150, 1_300), 30_000)).toBeCloseTo(0.03);
    expect(surgeOf(points(1_000, 1_000, 1_000, 1_300), 30_000)).toBe(0);
    expect(surgeOf(points(1_000, 1_010, 1_020, 1_030), 30_000)).toBe(0);
    expect(surgeOf([], 30_000)).toBe(0);
  });

  it('that is over is none, and a climb is what there was', () => {
    expect(surgeOf(points(1_000, 1_200, 1_400, 1_399), 30_000)).toBe(0);
    expect(climbOf(points(1_000, 1_200, 1_400, 1_390), 30_000)).toBeCloseTo(0.026);
    expect(climbOf(points(1_000, 900), 30_000)).toBe(0);
  });
});
