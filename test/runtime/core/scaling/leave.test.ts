import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState, parseState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { ScalingNode, ScalingSample } from '../../../../runtime/core/scaling/types';
import { configOf, kinds, NOON, node, nodes, sampleOf } from './fixtures';

const config = configOf({ minimum: 2, forecast: null });

/** Takes one decision after the other on the cluster of two busy nodes and the given leaving one. */
class Walk {
  state: ScalingState = initialState();
  nowMs = NOON;

  step(leaving: ScalingNode, fields: Partial<ScalingSample> = {}, afterMs = 1_000, using = config): string[] {
    this.nowMs += afterMs;
    const sample = { ...sampleOf([...nodes(2, 60), leaving], fields), atMs: this.nowMs };
    const decision = decide(this.state, sample, this.nowMs, using);
    this.state = decision.state;
    return kinds(decision.actions);
  }
}

const draining = (sessions = 0, fields: Partial<ScalingNode> = {}): ScalingNode =>
  node('d', { phase: 'draining', sessions, ...fields });

describe('a node that leaves', () => {
  it('drains until it is empty, is sealed, read as empty once more, and terminated', () => {
    const walk = new Walk();
    expect(walk.step(draining(5))).toEqual([]);
    expect(walk.step(draining(1), {}, 3_600_000)).toEqual([]);
    expect(walk.step(draining(0))).toEqual(['seal d']);
    expect(walk.step(draining(0))).toEqual(['seal d']);
    expect(walk.step(node('d', { phase: 'sealed' }))).toEqual(['terminate d']);
  });

  it('is not sealed while a reservation may be on its way', () => {
    const walk = new Walk();
    expect(walk.step(draining(0))).toEqual([]);
    expect(walk.step(draining(0), {}, 24_000)).toEqual([]);
    expect(walk.step(draining(0, { pending: 1 }), {}, 2_000)).toEqual([]);
    expect(walk.step(draining(0), { cooldowns: null })).toEqual([]);
    expect(walk.step(draining(0))).toEqual(['seal d']);
  });

  it('is neither sealed nor terminated while it does not answer, nor in a mass failure', () => {
    const walk = new Walk();
    walk.step(draining(0));
    expect(walk.step(draining(0, { health: 'suspect', silentMs: 2_000 }), {}, 60_000)).toEqual([]);
    expect(walk.step(draining(0), { massFailure: true })).toEqual([]);
    expect(walk.step(node('d', { phase: 'sealed', health: 'suspect' }))).toEqual([]);
    expect(walk.step(node('d', { phase: 'sealed', sessions: 1 }))).toEqual([]);
    expect(walk.step(draining(3, { health: 'red', silentMs: 31_000 }), { massFailure: true })).toEqual([]);
  });

  it('is terminated, not replaced, when it dies', () => {
    expect(new Walk().step(draining(3, { health: 'red', silentMs: 31_000 }))).toEqual(['terminate d']);
  });

  it('is asked for by the fleet once, and again after a while', () => {
    const walk = new Walk();
    const sealed = node('d', { phase: 'sealed' });
    expect(walk.step(sealed)).toEqual(['terminate d']);
    expect(walk.step(sealed)).toEqual([]);
    expect(walk.step(sealed, {}, 10_000)).toEqual(['terminate d']);
  });

  it('comes back when demand does, before anything is started', () => {
    const walk = new Walk();
    walk.step(draining(5));
    walk.nowMs += 1_000;
    const busy = [...nodes(2, 95), draining(5), node('e', { phase: 'sealed' })];
    const { actions, reason } = decide(walk.state, { ...sampleOf(busy), atMs: walk.nowMs }, walk.nowMs, config);
    expect(kinds(actions)).toEqual(['undrain d', 'terminate e']);
    expect(reason.code).toBe('undrain');
  });

  it('goes on where it was after a restart with the stored state, and waits anew without it', () => {
    const walk = new Walk();
    walk.step(draining(0));
    const stored = JSON.stringify(walk.state);
    walk.state = parseState(stored);
    expect(walk.step(draining(0), {}, 26_000)).toEqual(['seal d']);
    walk.state = parseState('{"history": 3}');
    expect(walk.step(draining(0))).toEqual([]);
    expect(walk.step(draining(0), {}, 26_000)).toEqual(['seal d']);
  });

  it('is told again when the order was lost, and is let go when somebody else opened it', () => {
    const walk = new Walk();
    walk.state = { ...walk.state, drains: { d: { sinceMs: NOON, confirmed: false, why: 'chosen', movedAtMs: null } } };
    expect(walk.step(node('d', { sessions: 3 }))).toEqual(['drain d']);
    expect(walk.step(draining(3))).toEqual([]);
    expect(walk.step(node('d', { sessions: 3 }))).toEqual([]);
    expect(walk.state.drains).toEqual({});
  });
});

describe('a deadline', () => {
  const hurried = configOf({ in: { move: { afterMs: 60_000, batch: 4, everyMs: 10_000 } } });

  it('asks players to move, a few at a time, and no more than have room elsewhere', () => {
    const walk = new Walk();
    const step = (sessions: number, afterMs: number) => walk.step(draining(sessions), {}, afterMs, hurried);
    expect(step(9, 1_000)).toEqual([]);
    expect(step(9, 59_000)).toEqual([]);
    expect(step(9, 1_000)).toEqual(['move d']);
    expect(step(7, 9_000)).toEqual([]);
    expect(step(5, 1_000)).toEqual(['move d']);

    walk.nowMs += 10_000;
    const full = [...nodes(2, 99, { capacity: 100 }), draining(9)];
    const sample = sampleOf(full, { atMs: walk.nowMs, cooldowns: { outAgoMs: 0, inAgoMs: 0 } });
    const { actions } = decide(walk.state, sample, walk.nowMs, configOf({ ...hurried, maximum: 2 }));
    expect(actions).toMatchObject([{ kind: 'move', count: 2, withinMs: 10_000 }]);
  });

  it('is off by default: we wait', () => {
    const walk = new Walk();
    walk.step(draining(9));
    expect(walk.step(draining(9), {}, 24 * 3_600_000)).toEqual([]);
  });
});

describe('a node that does not come up', () => {
  const late = node('late', { health: 'booting', version: null, launchedAtMs: NOON - 3_600_000 });

  it('is written off after the limit, reported once, and again after a while', () => {
    const walk = new Walk();
    expect(walk.step(late)).toEqual([]);
    expect(walk.step(late, {}, 599_000)).toEqual([]);
    expect(walk.step(late)).toEqual(['replace late']);
    expect(walk.step(late)).toEqual([]);
    expect(walk.step(late, {}, 10_000)).toEqual(['replace late']);
  });

  it('is not written off in a mass failure (S8), nor without the fleet', () => {
    const walk = new Walk();
    walk.step(late);
    expect(walk.step(late, { massFailure: true }, 600_000)).toEqual([]);
    expect(walk.step(late, { group: null })).toEqual([]);
    expect(walk.step(late)).toEqual(['replace late']);
  });
});
