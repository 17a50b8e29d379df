import { describe, expect, it } from '@jest/globals';
import { mayBeAlive, SecondOpinion } from '../../../../runtime/balancer/pair/second-opinion';

const NODE = { cluster: 'game', nodeId: 'a' };

describe('a second opinion', () => {
  it('is asked for, and counts for three questions', () => {
    let nowMs = 0;
    const opinion = new SecondOpinion(
      () => true,
      () => nowMs,
    );
    expect([opinion.agrees('game', 'a'), opinion.questions()]).toEqual([false, [NODE]]);
    opinion.answered([NODE], [NODE]);
    expect(opinion.agrees('game', 'a')).toBe(false);
    opinion.answered([NODE], []);
    nowMs = 1_400;
    expect(opinion.agrees('game', 'a')).toBe(true);
    nowMs = 1_500;
    expect(opinion.agrees('game', 'a')).toBe(false);
  });

  it('is not needed from a peer that is not there', () => {
    const opinion = new SecondOpinion(
      () => false,
      () => 0,
    );
    expect(opinion.agrees('game', 'a')).toBe(true);
  });
});

describe('a node may be alive', () => {
  it('when it was heard of lately, or when who is asked has not watched for long enough to say', () => {
    const suspect = (silentMs: number) => ({ health: 'suspect', silentMs }) as const;
    expect(mayBeAlive(suspect(7_000), 60_000, 8_000)).toBe(true);
    expect(mayBeAlive(suspect(8_000), 60_000, 8_000)).toBe(false);
    expect(mayBeAlive({ health: 'red', silentMs: 0 }, 60_000, 8_000)).toBe(false);
    for (const unheard of [undefined, { health: 'booting', silentMs: 0 } as const]) {
      expect(mayBeAlive(unheard, 60_000, 8_000)).toBe(false);
      expect(mayBeAlive(unheard, 4_000, 8_000)).toBe(true);
    }
  });
});
