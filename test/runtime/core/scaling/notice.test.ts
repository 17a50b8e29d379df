import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { ScalingNode } from '../../../../runtime/core/scaling/types';
import { configOf, NOON, node, nodes, sampleOf } from './fixtures';

const config = configOf({ minimum: 2, forecast: null });

/** One decision after the other on two busy nodes and this one. */
function walk() {
  let state: ScalingState = initialState();
  let nowMs = NOON;
  return (leaving: ScalingNode, afterMs = 1_000, others = nodes(2, 60)) => {
    nowMs += afterMs;
    // In the middle of every cooldown: a notice waits for none.
    const sample = sampleOf([...others, leaving], { cooldowns: { outAgoMs: 0, inAgoMs: 0 } });
    const decision = decide(state, { ...sample, atMs: nowMs }, nowMs, config);
    state = decision.state;
    return decision.actions;
  };
}

const noticed = (fields: Partial<ScalingNode> = {}) => node('d', { leaving: true, ...fields });

describe('a node whose machine will go away', () => {
  it('drains at once, and is told so again until it says that it does', () => {
    const step = walk();
    for (const _ of [1, 2]) {
      expect(step(noticed({ sessions: 60 }))).toEqual([expect.objectContaining({ kind: 'drain', nodeId: 'd' })]);
    }
  });

  it('has its players asked to move within half a minute, and those who are left once more', () => {
    const step = walk();
    const draining = (sessions: number) => noticed({ phase: 'draining', sessions });
    step(noticed({ sessions: 60 }));
    expect(step(draining(60))).toEqual([expect.objectContaining({ kind: 'move', count: 60, withinMs: 30_000 })]);
    expect(step(draining(20), 29_000)).toEqual([]);
    expect(step(draining(5), 2_000)).toEqual([expect.objectContaining({ kind: 'move', count: 5 })]);
  });

  it('is sealed and terminated when it is empty', () => {
    const step = walk();
    step(noticed());
    step(noticed({ phase: 'draining' }));
    expect(step(noticed({ phase: 'draining' }), 26_000)).toEqual([expect.objectContaining({ kind: 'seal' })]);
    expect(step(noticed({ phase: 'sealed' }))).toEqual([expect.objectContaining({ kind: 'terminate' })]);
  });

  it('is never taken back, however much it is needed: another one is started', () => {
    const step = walk();
    step(noticed({ phase: 'draining' }));
    const kinds = step(noticed({ phase: 'draining', sessions: 100 }), 1_000, nodes(1, 100)).map(({ kind }) => kind);
    expect(kinds).toContain('grow');
    expect(kinds).not.toContain('undrain');
  });
});
