import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CAPACITY, LIMIT_MS, newWorld, RUNS } from './model/story';

describe('a rolling replacement of a fleet of any size, under any load', () => {
  it(
    'never has fewer nodes open than there were, cuts nobody off, and comes to its end',
    () => {
      const start = fc.record({
        seed: fc.integer(),
        nodes: fc.integer({ min: 2, max: 7 }),
        use: fc.double({ min: 0.46, max: 0.74, noNaN: true }),
        lostAnswers: fc.constantFrom(0, 0, 0.3),
      });
      fc.assert(
        fc.property(start, ({ seed, nodes, use, lostAnswers }) => {
          const world = newWorld(nodes, seed);
          world.players.demand = Math.floor(nodes * CAPACITY * use);
          world.run(5);
          world.calls.faults = { ...world.calls.faults, lostAnswers };
          world.fleet.wantedVersion = 'v2';
          const before = world.open.length;
          world.leastOpen = before;
          const isOld = () => world.machines.some(({ version }) => version !== 'v2');
          for (let steps = 0; isOld() && steps < 2_000; steps++) world.step();

          expect(world.machines.filter(({ version }) => version !== 'v2')).toEqual([]);
          expect(world.leastOpen).toBe(before);
          expect(world.judge.violations).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );
});
