import { describe, expect, it } from '@jest/globals';
import { ClusterOrders } from '../../../../runtime/core/orders/standing';
import { configOf, decideAt, kinds, NOON, node, nodes, sampleOf } from './fixtures';

const HOUR = 3_600_000;
const config = configOf({ minimum: 2, maximum: 10 });
const word = { by: 'ann', why: 'a try', atMs: NOON };
const orders = (fields: object) => ({ orders: ClusterOrders.parse(fields) });
const justScaled = { cooldowns: { outAgoMs: 0, inAgoMs: 0 } };

describe('a paused cluster', () => {
  const paused = orders({ paused: word });

  it('neither grows nor shrinks nor rolls, and says by whom and why', () => {
    const full = sampleOf(nodes(3, 100), paused);
    const empty = sampleOf(nodes(8), paused);
    const old = sampleOf(nodes(3, 50, { version: 'v0' }), paused);
    for (const sample of [full, empty, old, sampleOf(nodes(1), paused)]) {
      const { actions, reason } = decideAt(sample, config);
      expect([actions, reason.code, reason.text]).toEqual([[], 'paused', 'unchanged: paused by ann (a try)']);
    }
  });

  it('ends nobody who drains, and nobody is taken back', () => {
    const drains = { n0: { sinceMs: NOON - HOUR, confirmed: true, why: '', movedAtMs: null } };
    const emptied = [node('n0', { phase: 'draining' }), ...nodes(3, 100).slice(1)];
    expect(kinds(decideAt(sampleOf(emptied), config, { drains }).actions)).toContain('undrain n0');
    expect(decideAt(sampleOf(emptied, paused), config, { drains }).actions).toEqual([]);
    const sealed = [node('n0', { phase: 'sealed' }), ...nodes(3, 50).slice(1)];
    expect(kinds(decideAt(sampleOf(sealed), config, { drains }).actions)).toEqual(['terminate n0']);
    expect(decideAt(sampleOf(sealed, paused), config, { drains }).actions).toEqual([]);
  });

  it('still drains what an operator, or a machine that goes away, has drained; and replaces who never came up', () => {
    const drained = orders({ paused: word, nodes: { n1: { ...word, order: 'drain' } } });
    const list = [node('n0', { leaving: true }), ...nodes(4, 10).slice(1)];
    expect(kinds(decideAt(sampleOf(list, drained), config).actions)).toEqual(['drain n0', 'drain n1']);
    const dead = [...nodes(2, 10), node('x', { health: 'booting' })];
    const booting = { x: NOON - HOUR };
    expect(kinds(decideAt(sampleOf(dead, paused), config, { booting }).actions)).toEqual(['replace x']);
  });

  it('repeats no order to the fleet', () => {
    const ordered = { size: 6, rule: 'average', text: '' } as const;
    const { state, actions } = decideAt(sampleOf(nodes(3, 10), paused), config, { ordered });
    expect([state.ordered, actions]).toEqual([null, []]);
  });
});

describe('a node that an operator drained', () => {
  const drained = orders({ nodes: { n0: { ...word, order: 'drain' } } });

  it('leaves, also when it is needed, and is not taken back', () => {
    const first = decideAt(sampleOf(nodes(3, 95), { ...drained, ...justScaled }), config);
    expect(kinds(first.actions)).toEqual(['drain n0']);
    const list = [node('n0', { sessions: 95, phase: 'draining' }), ...nodes(3, 95).slice(1)];
    const later = decideAt(sampleOf(list, drained), config, first.state);
    expect(kinds(later.actions).filter((kind) => kind.startsWith('undrain'))).toEqual([]);
    expect(kinds(later.actions).some((kind) => kind.startsWith('grow'))).toBe(true);
  });

  it('drains again after it was started anew', () => {
    const { state } = decideAt(sampleOf(nodes(4, 60), drained), config);
    const confirmed = [node('n0', { sessions: 60, phase: 'draining' }), ...nodes(4, 60).slice(1)];
    const second = decideAt(sampleOf(confirmed, drained), config, state);
    expect(kinds(decideAt(sampleOf(nodes(4, 60), drained), config, second.state).actions)).toEqual(['drain n0']);
  });

  it('comes back when it is undrained, whoever drained it; a sealed one never', () => {
    const back = orders({ nodes: { n0: { ...word, order: 'undrain' } } });
    const drains = { n0: { sinceMs: NOON, confirmed: true, why: '', movedAtMs: null } };
    const draining = [node('n0', { phase: 'draining' }), ...nodes(4, 80).slice(1)];
    const { actions, state } = decideAt(sampleOf(draining, back), config, { drains });
    expect([kinds(actions), state.drains]).toEqual([['undrain n0'], {}]);
    const sealed = [node('n0', { phase: 'sealed' }), ...nodes(4, 80).slice(1)];
    expect(kinds(decideAt(sampleOf(sealed, { ...back, ...justScaled }), config, { drains }).actions)).toEqual([
      'terminate n0',
    ]);
  });

  it('that has not come up yet just stays when it is undrained; drained or not, it is replaced when it never comes up', () => {
    const booting = [node('x', { health: 'booting' }), ...nodes(3, 60)];
    const drain = orders({ nodes: { x: { ...word, order: 'drain' } } });
    const { state } = decideAt(sampleOf(booting, drain), config);
    expect(Object.keys(state.drains)).toEqual(['x']);
    const back = orders({ nodes: { x: { ...word, order: 'undrain' } } });
    expect(decideAt(sampleOf(booting, back), config, state).state.drains).toEqual({});
    const late = { ...state, booting: { x: NOON - HOUR } };
    expect(kinds(decideAt(sampleOf(booting, drain), config, late).actions)).toEqual(['replace x']);
  });
});

describe('a size that an operator wants', () => {
  const wants = (size: number, atMs = NOON) => orders({ size: { ...word, size, atMs } });

  it('is reached whatever the cooldowns, and stays for one', () => {
    const sample = sampleOf(nodes(3, 50), { ...wants(6), ...justScaled });
    const { actions, stamps, reason } = decideAt(sample, config);
    expect([kinds(actions), stamps]).toEqual([['grow 6'], ['out', 'in']]);
    expect(reason.text).toBe('from 3 to 6 instances: 6 nodes wanted by ann (a try)');
  });

  it('is reached by draining, step by step, but not below what the rules would start again', () => {
    const sample = (players: number, size: number) => sampleOf(nodes(6, players), { ...wants(size), ...justScaled });
    expect(kinds(decideAt(sample(10, 3), config).actions)).toEqual(['drain n0']);
    expect(decideAt(sample(10, 3), config).sizeOver).toBeUndefined();
    const busy = decideAt(sample(95, 3), config);
    expect(busy.actions).toEqual([]);
    expect(busy.sizeOver).toBe('the rules want 6 nodes');
  });

  it('is not undershot by a large step', () => {
    const steps = configOf({ minimum: 2, maximum: 20, in: { stepFraction: 0.5 } });
    const list = nodes(10, 60);
    const { actions, state, sizeOver } = decideAt(sampleOf(list, wants(2)), steps);
    // 600 players: 8 nodes have 75 each, and only above that does the cluster grow.
    expect([kinds(actions), sizeOver]).toEqual([['drain n0', 'drain n1'], undefined]);
    const draining = list.map((one) => (one.nodeId in state.drains ? { ...one, phase: 'draining' as const } : one));
    const next = decideAt(sampleOf(draining, wants(2)), steps, state);
    expect([next.actions, next.sizeOver]).toEqual([[], 'the rules want 8 nodes']);
  });

  it('is over when it is reached, or after half an hour', () => {
    expect(decideAt(sampleOf(nodes(4, 50), wants(4)), config).sizeOver).toBe('4 nodes are there or to come');
    const late = decideAt(sampleOf(nodes(4, 50), wants(9, NOON - HOUR)), config);
    expect([kinds(late.actions), late.sizeOver]).toEqual([[], 'not reached within 30 min: given up']);
  });

  it('takes nothing away on a partial sample', () => {
    const partial = [...nodes(5, 10), node('x', { health: 'suspect' })];
    expect(decideAt(sampleOf(partial, wants(3)), config).actions).toEqual([]);
  });
});

describe('a roll that an operator wants', () => {
  it('replaces those nodes, though they run what they should, new ones first', () => {
    const roll = orders({ roll: { ...word, nodes: ['n0', 'n1', 'n2'] } });
    const first = decideAt(sampleOf(nodes(3, 50), { ...roll, ...justScaled }), config);
    expect([kinds(first.actions), first.stamps]).toEqual([['grow 4'], []]);
    const grown = [...nodes(3, 50), node('new')];
    const settling = decideAt(sampleOf(grown, roll), config, first.state);
    expect(settling.actions).toEqual([]);
    const ready = decideAt(sampleOf(grown, roll), config, settling.state, NOON + HOUR);
    expect(kinds(ready.actions)).toEqual(['drain n0']);
  });
});
