import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseNode, type OpenNode, type SpreadOptions } from '../../../runtime/core/spread';

function node(nodeId: string, over: Partial<OpenNode> = {}): OpenNode {
  return { nodeId, capacity: 100, weight: 100, window: 64, sessions: 0, reserved: 0, held: false, ...over };
}

/** The same numbers each time; uniform enough. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const options = (over: Partial<SpreadOptions> = {}): SpreadOptions => ({
  ...{ seats: 1, share: 1, draws: 2, random: sequence(7) },
  ...over,
});

const anyNode = fc.record({
  nodeId: fc.string({ minLength: 1, maxLength: 8 }),
  capacity: fc.integer({ min: 1, max: 500 }),
  weight: fc.double({ min: 0.1, max: 500, noNaN: true }),
  window: fc.integer({ min: 1, max: 200 }),
  sessions: fc.integer({ min: 0, max: 500 }),
  reserved: fc.integer({ min: 0, max: 200 }),
  held: fc.boolean(),
});
const anyOptions = fc.record({
  seats: fc.integer({ min: 1, max: 8 }),
  share: fc.double({ min: 0.1, max: 1, noNaN: true }),
  draws: fc.integer({ min: 1, max: 12 }),
});

describe('chooseNode', () => {
  it('never takes a node that has no room, is over its window, or is held while a green one fits; refuses only when it must', () => {
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 10 }), anyOptions, fc.integer(), (nodes, given, seed) => {
        const { seats, share } = given;
        const room = (each: OpenNode) => each.reserved + seats <= Math.ceil((each.capacity - each.sessions) * share);
        const fits = (each: OpenNode) => room(each) && (each.reserved === 0 || each.reserved + seats <= each.window);
        const result = chooseNode(nodes, { ...given, random: sequence(Math.abs(seed)) });
        if (result.ok) {
          expect(fits(result.node)).toBe(true);
          if (result.node.held) expect(nodes.some((each) => !each.held && fits(each))).toBe(false);
        } else {
          expect(nodes.some(fits)).toBe(false);
          expect(result.code).toBe(nodes.length === 0 ? 'NO_NODES' : nodes.some(room) ? 'BUSY' : 'FULL');
        }
      }),
    );
  });

  it('takes the least loaded by weight when it looks at all', () => {
    const nodes = [
      node('a', { sessions: 30 }),
      node('b', { sessions: 20, reserved: 2 }),
      node('c', { sessions: 15, weight: 50 }),
    ];
    expect(chooseNode(nodes, options({ draws: 3 }))).toMatchObject({ ok: true, node: { nodeId: 'b' } });
  });

  it('leaves the other balancer its share of the seats', () => {
    const almost = node('a', { capacity: 100, sessions: 90, reserved: 5, window: 100 });
    expect(chooseNode([almost], options({ share: 0.5 }))).toEqual({ ok: false, code: 'FULL' });
    expect(chooseNode([{ ...almost, reserved: 4 }], options({ share: 0.5 }))).toMatchObject({ ok: true });
  });

  it('two who do not see each other spread 10,000 joins over 25 nodes: largest below 1.2 times the mean', () => {
    const sessions = new Array<number>(25).fill(0);
    const balancers = [1, 2].map((seed) => ({ reserved: new Array<number>(25).fill(0), random: sequence(seed) }));
    for (let join = 0; join < 10_000; join++) {
      const balancer = balancers[join % 2];
      if (balancer === undefined) throw new Error('two balancers expected');
      const nodes = sessions.map((count, index) =>
        node(String(index), {
          ...{ capacity: 5_000, weight: 5_000, window: 5_000 },
          sessions: count,
          reserved: balancer.reserved[index] ?? 0,
        }),
      );
      const chosen = chooseNode(nodes, { seats: 1, share: 0.5, draws: 2, random: balancer.random });
      if (!chosen.ok) throw new Error(chosen.code);
      const index = Number(chosen.node.nodeId);
      balancer.reserved[index] = (balancer.reserved[index] ?? 0) + 1;
      // A poll each "second", of 2,000 joins: all have arrived.
      if (join % 2_000 === 1_999) {
        for (const { reserved } of balancers) {
          reserved.forEach((count, at) => {
            sessions[at] = (sessions[at] ?? 0) + count;
          });
          reserved.fill(0);
        }
      }
    }
    const mean = sessions.reduce((sum, count) => sum + count, 0) / sessions.length;
    expect(mean).toBe(400);
    expect(Math.max(...sessions) / mean).toBeLessThan(1.2);
  });
});
