import { describe, expect, it } from '@jest/globals';
import { type Gathering, gather, NOBODY } from '../../../runtime/bees/gather';

const at = (arrived: number, connected: number, failed = 0) => ({
  players: 8,
  arrived,
  connected,
  finished: 0,
  failed,
});

/** When the players are released, given what is seen second by second; null: not at all. */
function releasedAt(seen: readonly ReturnType<typeof at>[]): number | null {
  let state: Gathering = NOBODY;
  for (const [second, progress] of seen.entries()) {
    const step = gather(state, progress, second * 1_000);
    if (step.release) return second;
    state = step.state;
  }
  return null;
}

describe('players who gather', () => {
  it('leave once all have been there for a while', () => {
    expect(releasedAt([at(4, 4), at(8, 7), at(8, 8), at(8, 8), at(8, 8), at(8, 8)])).toBe(5);
  });

  it('begin to count anew when one is gone for a moment', () => {
    expect(releasedAt([at(8, 8), at(8, 8), at(8, 7), at(8, 8), at(8, 8), at(8, 8)])).toBeNull();
  });

  it('do not wait for those who failed', () => {
    expect(releasedAt([at(8, 7, 1), at(8, 7, 1), at(8, 7, 1), at(8, 7, 1)])).toBe(3);
  });

  it('wait two minutes for those who do not come, after the last arrival', () => {
    expect(releasedAt([at(4, 4), ...Array.from({ length: 150 }, () => at(8, 7))])).toBe(121);
  });
});
