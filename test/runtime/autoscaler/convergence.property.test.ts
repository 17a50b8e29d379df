import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_FAULTS } from './model/faults';
import { CAPACITY, config, LIMIT_MS, RUNS, story, tell } from './model/story';
import type { World } from './model/world';

/** Longer than anything that the configuration waits for: what is quiet for so long stays so. */
const QUIET_STEPS = 25;
/** Within this everything must have come to rest once all is well. */
const LONGEST_STEPS = 600;

describe('the autoscaler, once all is well again', () => {
  it(
    'comes to the right size and the wanted version, and stays there',
    () => {
      fc.assert(
        fc.property(story, (it) => {
          const world = tell(it);
          world.calls.faults = NO_FAULTS;
          world.players.demand = Math.min(world.players.demand, CAPACITY * 5);
          settle(world);
          const { machines, open, fleet, players } = world;
          expect(world.judge.violations).toEqual([]);
          expect(machines.filter((machine) => !open.includes(machine))).toEqual([]);
          expect(machines.filter(({ version }) => version !== fleet.wantedVersion)).toEqual([]);
          expect(machines.length).toBe(fleet.desired);
          const use = players.demand / (open.length * CAPACITY);
          expect(use).toBeLessThanOrEqual(0.75);
          // With one node less it would be too full, or it is as small as it may be.
          expect(
            players.demand / ((open.length - 1) * CAPACITY) > 0.6 || open.length === config.minimum || use >= 0.45,
          ).toBe(true);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );
});

/** Runs until nothing has been done for long. */
function settle(world: World): void {
  let quiet = 0;
  for (let steps = 0; quiet < QUIET_STEPS; steps++) {
    const before = world.log.length;
    world.step();
    // Nobody makes the last players on a draining node leave, however long they stay.
    const waits = world.machines.some(({ phase, players }) => phase === 'draining' && players > 0);
    quiet = world.log.length === before && !waits ? quiet + 1 : 0;
    if (steps > LONGEST_STEPS) throw new Error(`still at it: ${world.log.slice(-10).join('; ')}`);
  }
}
