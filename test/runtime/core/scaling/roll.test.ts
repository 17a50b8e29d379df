import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { ScalingNode } from '../../../../runtime/core/scaling/types';
import { configOf, kinds, NOON, node, nodes, sampleOf } from './fixtures';

const config = configOf({
  maximum: 8,
  forecast: null,
  roll: { surgeFraction: 0.25, settleMs: 30_000, pauseMs: 300_000 },
});
const fresh = (count: number, fields: Partial<ScalingNode> = {}): ScalingNode[] =>
  Array.from({ length: count }, (_, i) => node(`new${i}`, { version: 'v2', sessions: 60, ...fields }));

class Walk {
  state: ScalingState = initialState();
  nowMs = NOON;
  code = '';

  step(list: readonly ScalingNode[], desired: number, afterMs = 1_000): string[] {
    this.nowMs += afterMs;
    const group = { desired, wantedVersion: 'v2' };
    const sample = sampleOf(list, { atMs: this.nowMs, group, cooldowns: { outAgoMs: 1, inAgoMs: 1 } });
    const decision = decide(this.state, sample, this.nowMs, config);
    this.state = decision.state;
    this.code = decision.reason.code;
    return kinds(decision.actions);
  }
}

describe('a rolling replacement', () => {
  it('starts new nodes, lets them settle, and only then drains as many old ones; whatever the cooldowns', () => {
    const walk = new Walk();
    const old = nodes(6, 60);
    expect(walk.step(old, 6)).toEqual(['grow 8']);
    expect(walk.step(old, 8)).toEqual([]);
    expect(walk.step([...old, ...fresh(2, { health: 'booting', version: null })], 8)).toEqual([]);
    expect(walk.step([...old, ...fresh(2)], 8)).toEqual([]);
    expect(walk.code).toBe('roll-settling');
    expect(walk.step([...old, ...fresh(2)], 8, 29_000)).toEqual([]);
    expect(walk.step([...old, ...fresh(2)], 8, 1_000)).toEqual(['drain n0', 'drain n1']);
  });

  it('pauses when a new node fails, and goes on later', () => {
    const walk = new Walk();
    const old = nodes(6, 60);
    walk.step(old, 6);
    walk.step([...old, ...fresh(2)], 8);
    expect(
      walk.step([...old, ...fresh(1), node('new1', { version: 'v2', health: 'red', silentMs: 31_000 })], 8),
    ).toEqual([]);
    expect(walk.code).toBe('roll-paused');
    expect(walk.step([...old, ...fresh(2)], 8, 299_000)).toEqual([]);
    expect(walk.step([...old, ...fresh(2)], 8, 2_000)).toEqual(['drain n0']);
  });

  it('pauses when a new node does not come up', () => {
    const walk = new Walk();
    const late = node('new0', { health: 'booting', version: null, launchedAtMs: NOON });
    walk.step([...nodes(6, 60), late], 7);
    expect(walk.step([...nodes(6, 60), late], 7, 600_000)).toEqual(['replace new0']);
    expect(walk.code).toBe('roll-paused');
  });

  it('exceeds the maximum by its surge only, nodes that leave counted', () => {
    const walk = new Walk();
    expect(walk.step(nodes(8, 60), 8)).toEqual(['grow 10']);
    const leaving = nodes(2, 5, { phase: 'draining' }).map((it, i) => ({ ...it, nodeId: `leaving${i}` }));
    walk.state = { ...walk.state, asked: {} };
    expect(walk.step([...nodes(6, 60), ...fresh(2), ...leaving], 10)).toEqual([]);
    expect(walk.code).toBe('roll-waiting');
  });

  it('gives way to a load that needs more nodes, and keeps the larger size', () => {
    const walk = new Walk();
    walk.step(nodes(4, 60), 4);
    walk.nowMs += 1_000;
    const busy = sampleOf(nodes(4, 90), { atMs: walk.nowMs, group: { desired: 4, wantedVersion: 'v2' } });
    const decision = decide(walk.state, busy, walk.nowMs, config);
    expect(kinds(decision.actions)).toEqual(['grow 6']);
    expect(decision.state.roll?.base).toBe(6);
  });

  it('takes a node of the wanted version back before it starts one', () => {
    const walk = new Walk();
    const back = node('back', { version: 'v2', phase: 'draining', sessions: 4 });
    expect(walk.step([...nodes(4, 60), back], 5)).toEqual(['undrain back']);
  });

  it('leaves alone what has not said what it runs, and everything when the fleet names no version', () => {
    const walk = new Walk();
    expect(walk.step(nodes(4, 60, { version: null }), 4)).toEqual([]);
    const sample = sampleOf(nodes(4, 60), { group: { desired: 4, wantedVersion: null } });
    expect(decide(initialState(), sample, NOON, config).actions).toEqual([]);
  });
});
