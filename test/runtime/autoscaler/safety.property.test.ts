import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMIT_MS, orderedStory, RUNS, tell } from './model/story';

describe('the autoscaler over random fleets, loads, failures, orders of operators, lost acknowledgements and clock jumps', () => {
  it(
    'S1, S4, S5, S7 and S8 hold, bounds are respected, and nothing is taken away that is not seen',
    () => {
      fc.assert(
        fc.property(orderedStory, (it) => {
          expect(tell(it).judge.violations).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT_MS,
  );
});
