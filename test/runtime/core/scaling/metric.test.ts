import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../../runtime/core/random';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState, type ScalingState } from '../../../../runtime/core/scaling/state';
import { configOf, kinds, NOON, nodes, sampleOf } from './fixtures';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const NODES = 10;

/** About normal, with mean 0 and deviation 1. */
function normal(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

describe('a noisy metric of the nodes', () => {
  it.each([
    { metric: 'msgs', each: 5_000, noise: 0.01, average: { target: 5_000, outAbove: 6_000, inBelow: 4_000 } },
    { metric: 'cpu', each: 60, noise: 0.04, average: { target: 60, outAbove: 80, inBelow: 40 } },
  ])('is no surge, whatever its unit: $metric', ({ metric, each, noise, average }) => {
    const config = configOf({ metric, average: { rule: 'per-node', ...average } });
    const random = seededRandom(7);
    const seen: string[] = [];
    let state = initialState();
    for (let atMs = NOON; atMs < NOON + HOUR; atMs += SECOND) {
      const load = each * (1 + noise * normal(random));
      const decision = decide(state, sampleOf(nodes(NODES, 100, { load }), { atMs }), atMs, config);
      seen.push(...kinds(decision.actions));
      state = decision.state;
    }
    expect(seen).toEqual([]);
  });
});

describe('another metric than before', () => {
  const cpu = configOf({ metric: 'cpu', average: { rule: 'per-node', target: 50, outAbove: 60, inBelow: 40 } });

  /** A step of the same three nodes, now and a day later. */
  function stepped(before: ScalingState, load: number, atMs: number, config = configOf()) {
    return decide(before, sampleOf(nodes(3, 60, { load }), { atMs }), atMs, config);
  }

  it('has no history: what was remembered is of another unit', () => {
    let state = initialState();
    for (let atMs = NOON; atMs < NOON + HOUR; atMs += 30 * SECOND) state = stepped(state, 600, atMs).state;
    const dayLater = NOON + 24 * HOUR;
    expect(stepped(state, 600, dayLater).state.past?.peaks.length).toBeGreaterThan(200);

    const changed = stepped(state, 50, dayLater, cpu);
    expect(kinds(changed.actions)).toEqual([]);
    expect(changed.state).toMatchObject({ metric: 'cpu', past: { peak: 150, peaks: [] } });
    expect(stepped(changed.state, 50, dayLater + SECOND, cpu).state.past).toEqual(changed.state.past);
  });

  it('is players where a state does not say', () => {
    expect(initialState().metric).toBe('players');
  });
});
