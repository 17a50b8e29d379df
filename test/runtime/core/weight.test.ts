import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type NodeWeight, stepWeights } from '../../../runtime/core/weight';

function settle(delays: Readonly<Record<string, number>>, steps = 40): ReadonlyMap<string, NodeWeight> {
  const nodes = Object.entries(delays).map(([nodeId, loopDelayMs]) => ({ nodeId, capacity: 1_000, loopDelayMs }));
  let weights: ReadonlyMap<string, NodeWeight> = new Map();
  for (let step = 0; step < steps; step += 1) weights = stepWeights(weights, nodes);
  return weights;
}

describe('weights', () => {
  it('are the capacity as long as no event loop lags', () => {
    expect(settle({ a: 1, b: 20, c: 99 }).get('c')).toEqual({ factor: 1, weight: 1_000 });
  });

  it('leave nodes equal on a machine where all are slow', () => {
    const weights = settle({ a: 300, b: 400, c: 350 });
    expect([...weights.values()].map(({ factor }) => factor)).toEqual([1, 1, 1]);
  });

  it('take joins away from the one that lags, down to a tenth', () => {
    const weights = settle({ a: 5, b: 5, c: 200, d: 60_000 });
    expect(weights.get('a')?.weight).toBe(1_000);
    expect(weights.get('c')?.factor).toBeCloseTo(0.5, 2);
    expect(weights.get('d')?.factor).toBeCloseTo(0.1, 2);
  });

  it('of two, the healthy one sets the measure', () => {
    expect(settle({ a: 5, b: 1_000 }).get('b')?.factor).toBeCloseTo(0.1, 2);
  });

  it('give one slow second little weight, and forgive', () => {
    const slow = settle({ a: 5, b: 5, c: 2_000 }, 1);
    expect(slow.get('c')?.factor).toBeCloseTo(0.73, 2);
    let weights = slow;
    const well = ['a', 'b', 'c'].map((nodeId) => ({ nodeId, capacity: 1_000, loopDelayMs: 5 }));
    for (let step = 0; step < 20; step += 1) weights = stepWeights(weights, well);
    expect(weights.get('c')?.factor).toBeCloseTo(1, 2);
  });

  it('forget nodes that are gone', () => {
    const before = settle({ a: 5, b: 5 });
    expect([...stepWeights(before, [{ nodeId: 'a', capacity: 10, loopDelayMs: 5 }]).keys()]).toEqual(['a']);
  });

  it('are above 0 and at most the capacity, whatever is measured', () => {
    const node = fc.record({
      nodeId: fc.string({ minLength: 1 }),
      capacity: fc.integer({ min: 1, max: 1_000_000 }),
      loopDelayMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(node, { maxLength: 8 }), { maxLength: 8 }), (ticks) => {
        let weights: ReadonlyMap<string, NodeWeight> = new Map();
        for (const nodes of ticks) {
          weights = stepWeights(weights, nodes);
          for (const { nodeId } of nodes) {
            const weight = weights.get(nodeId)?.weight;
            const capacity = nodes.findLast((other) => other.nodeId === nodeId)?.capacity;
            expect(weight).toBeGreaterThan(0);
            expect(weight).toBeLessThanOrEqual((capacity ?? 0) * (1 + 1e-9));
          }
        }
      }),
    );
  });
});
