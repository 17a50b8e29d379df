import { describe, expect, it } from '@jest/globals';
import { type AnsweringState, INITIAL_ANSWERING, type Look, stepAnswering } from '../../../runtime/core/answering';

const config = { steadyMs: 1_000 };

/** Looks as `[time in milliseconds, outcome]`. */
function looked(
  looks: readonly (readonly [number, Look])[],
  state: AnsweringState = INITIAL_ANSWERING,
): AnsweringState {
  return looks.reduce((last, [nowMs, look]) => stepAnswering(last, look, nowMs, config), state);
}

const up = looked([[0, null]]);

describe('whether the registry is relied on', () => {
  it('is not before the first answer, and is at once after it', () => {
    expect(INITIAL_ANSWERING.problem).toBe('not asked yet');
    expect(looked([[0, 'refused']]).problem).toBe('refused');
    expect(
      looked([
        [0, 'refused'],
        [5_000, null],
      ]).problem,
    ).toBeNull();
  });

  it('is given up with the first failure, which it names', () => {
    const down = looked([[10, 'no answer']], up);
    expect(down.problem).toBe('no answer');
    expect(looked([[20, 'refused']], down).problem).toBe('refused');
  });

  it('is relied on again only after answers without a gap', () => {
    const down = looked([[20_000, 'gone']], up);
    const looks: [number, Look][] = [
      [21_000, null],
      [21_900, null],
      [21_950, 'gone'],
      [22_000, null],
      [22_999, null],
    ];
    const waiting = looked(looks, down);
    expect(waiting.problem).toBe('gone');
    expect(looked([[23_000, null]], waiting).problem).toBeNull();
  });

  it('must answer for longer each time when it comes and goes', () => {
    let state = up;
    let nowMs = 100_000;
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      state = looked([[nowMs, 'gone']], state);
      const sinceMs = nowMs;
      while (state.problem !== null) {
        nowMs += 100;
        state = looked([[nowMs, null]], state);
      }
      waits.push(nowMs - sinceMs - 100);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]);
    state = looked([[nowMs + 10_000, 'gone']], state);
    expect(state.relapses).toBe(0);
  });
});
