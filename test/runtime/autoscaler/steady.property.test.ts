import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../runtime/core/random';
import { CAPACITY, LIMIT_MS, newWorld, RUNS } from './model/story';
import type { World } from './model/world';

/** Eight cooldowns of a scale-in, and more of a scale-out. */
const LONG_STEPS = 80;

const seed = fc.integer();
const nodes = fc.integer({ min: 2, max: 8 });

/** A load that goes up and down by some percent around its mean. */
function wobble(world: World, mean: number, steps: number, random: () => number): void {
  for (let i = 0; i < steps; i++) {
    world.players.demand = Math.round(mean * (0.97 + 0.06 * random()));
    world.step();
  }
}

describe('a constant, gently noisy load', () => {
  it(
    'changes nothing, for many cooldowns, as long as it is between the thresholds',
    () => {
      // Away from the thresholds by the noise, and by as much again: noise looks like a trend for a while.
      const use = fc.double({ min: 0.48, max: 0.68, noNaN: true });
      fc.assert(
        fc.property(seed, nodes, use, (seed, nodes, use) => {
          const world = newWorld(nodes, seed);
          wobble(world, nodes * CAPACITY * use, LONG_STEPS, seededRandom(seed));
          expect(world.log).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );

  it(
    'is followed once, whatever it is: after a scale-in nothing is started',
    () => {
      fc.assert(
        fc.property(seed, nodes, fc.nat(CAPACITY * 5), (seed, nodes, mean) => {
          const world = newWorld(nodes, seed);
          wobble(world, mean, LONG_STEPS, seededRandom(seed));
          const firstIn = world.log.findIndex((line) => line.startsWith('drain'));
          const outs = world.log.filter((line) => line.startsWith('grow') || line.startsWith('undrain'));
          expect(firstIn === -1 ? [] : outs.filter((line) => world.log.indexOf(line) > firstIn)).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );
});
