import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AdmissionState, admit, NOBODY_WAITS } from '../../../runtime/core/admission';
import { seededRandom } from '../../../runtime/core/random';

const START = 1_800_000_000_000;
const TICK_MS = 10;
/** A story that takes longer has gone wrong. */
const MOST_MS = 1_800_000;
const word = { by: 'ann', why: 'disk', untilMs: null };
const on = (untilMs: number | null = null) => ({ ...word, atMs: START, on: true, untilMs });
const off = (atMs: number) => ({ ...word, atMs, on: false });

/** Players who come during a maintenance, and come back when they are told, up to half as late again; when each was let in. */
function story({ players, overS, forS, rate, seed }: Record<'players' | 'overS' | 'forS' | 'rate' | 'seed', number>) {
  const random = seededRandom(seed);
  const endMs = START + forS * 1_000;
  /** How many come, by the moment. */
  const coming = new Map<number, number>();
  const comes = (atMs: number) => {
    const tick = Math.ceil(atMs / TICK_MS) * TICK_MS;
    coming.set(tick, (coming.get(tick) ?? 0) + 1);
  };
  for (let player = 0; player < players; player += 1) comes(START + random() * overS * 1_000);
  const admitted: number[] = [];
  let state: AdmissionState = NOBODY_WAITS;
  for (let nowMs = START; admitted.length < players && nowMs < START + MOST_MS; nowMs += TICK_MS) {
    for (let left = coming.get(nowMs) ?? 0; left > 0; left -= 1) {
      const step = admit(state, nowMs < endMs ? on() : off(endMs), rate, nowMs);
      state = step.state;
      if (step.retryAfterMs === null) admitted.push(nowMs);
      else comes(nowMs + step.retryAfterMs * (1 + random() / 2));
    }
    coming.delete(nowMs);
  }
  return { admitted, endMs };
}

function mostInOneSecond(times: readonly number[]): number {
  let first = 0;
  return times.reduce((most, atMs, index) => {
    while (atMs - (times[first] ?? atMs) > 1_000) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

describe('joins during a maintenance', () => {
  it('are free when there is none', () => {
    expect(admit(NOBODY_WAITS, null, 10, START).retryAfterMs).toBeNull();
    expect(admit(NOBODY_WAITS, off(START - 3_600_000), 10, START).retryAfterMs).toBeNull();
  });

  it('are turned away, each with a time of its own, which grows with the number who wait', () => {
    let state: AdmissionState = NOBODY_WAITS;
    const waits = Array.from({ length: 100 }, () => {
      const step = admit(state, on(), 10, START);
      state = step.state;
      return step.retryAfterMs;
    });
    expect(waits.slice(0, 3)).toEqual([5_100, 5_200, 5_300]);
    expect(waits.at(-1)).toBe(15_000);
  });

  it('are told to come back when it is expected to end, or to ask again within half a minute', () => {
    expect(admit(NOBODY_WAITS, on(START + 20_000), 10, START).retryAfterMs).toBe(20_100);
    expect(admit(NOBODY_WAITS, on(START + 60_000), 10, START).retryAfterMs).toBe(30_000);
    expect(admit(NOBODY_WAITS, on(START - 60_000), 10, START).retryAfterMs).toBe(5_100);
  });

  it('are let in soon when it ends long before it was expected to, or when its end is brought forward', () => {
    const untilMs = START + 7_200_000;
    let state: AdmissionState = NOBODY_WAITS;
    for (let player = 0; player < 100; player += 1) state = admit(state, on(untilMs), 10, START).state;
    const sooner = { ...on(START + 310_000), atMs: START + 300_000 };
    expect(admit(state, sooner, 10, START + 300_000).retryAfterMs).toBe(10_100);

    const waits: number[] = [];
    for (let nowMs = START + 300_000; nowMs < START + 360_000; nowMs += 20) {
      const step = admit(state, off(START + 300_000), 10, nowMs);
      state = step.state;
      if (step.retryAfterMs !== null) waits.push(step.retryAfterMs);
    }
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  });

  it('begin anew with each order, also with slots that were near', () => {
    let state: AdmissionState = NOBODY_WAITS;
    for (let player = 0; player < 200; player += 1) state = admit(state, on(), 10, START).state;
    const { state: first } = admit(state, off(START + 1_000), 10, START + 1_000);
    expect(admit(first, off(START + 1_000), 10, START + 1_000).retryAfterMs).toBeLessThan(1_000);
  });

  it('come back without a stampede, all of them, and nobody before the end', () => {
    const numbers = fc.record({
      players: fc.integer({ min: 1, max: 1_500 }),
      overS: fc.integer({ min: 1, max: 60 }),
      forS: fc.integer({ min: 0, max: 90 }),
      rate: fc.integer({ min: 5, max: 100 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(numbers, (fields) => {
        const { admitted, endMs } = story(fields);
        expect(admitted).toHaveLength(fields.players);
        expect(admitted[0]).toBeGreaterThanOrEqual(endMs);
        const firstTen = admitted.filter((atMs) => atMs < endMs + 10_000);
        // The rate has grown to 1.6 of itself by then; a quarter of a second's may come at once.
        expect(mostInOneSecond(firstTen)).toBeLessThanOrEqual(Math.max(2, Math.ceil(fields.rate * 2)));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('are free again soon after all have come back', () => {
    const { admitted, endMs } = story({ players: 400, overS: 10, forS: 20, rate: 20, seed: 1 });
    expect((admitted.at(-1) ?? 0) - endMs).toBeLessThan(60_000);
  });
});
