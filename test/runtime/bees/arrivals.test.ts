import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSteps, parseTrace, ramp, share } from '../../../runtime/bees/arrivals';

const times = (arrivals: readonly { atMs: number }[]): number[] => arrivals.map(({ atMs }) => atMs);

describe('arrivals', () => {
  it('of a ramp come evenly', () => {
    expect(times(ramp(4, 1_000))).toEqual([0, 250, 500, 750]);
  });

  it('of steps come so many a second', () => {
    expect(times(parseSteps('0:2,1:4,2:0'))).toEqual([0, 500, 1_000, 1_250, 1_500, 1_750]);
    expect(parseSteps('0:0,5:1,6:0')).toHaveLength(1);
  });

  it('of a trace come evenly between its rows, with their own time to play', () => {
    const csv = 'second,players,play\n0,2,\n10, 1, 2.5\n20,2,\n';
    expect(parseTrace(csv)).toEqual([
      { atMs: 0, playMs: null },
      { atMs: 5_000, playMs: null },
      { atMs: 10_000, playMs: 2_500 },
      { atMs: 20_000, playMs: null },
      { atMs: 20_500, playMs: null },
    ]);
    expect(parseTrace('second,players\n3,1\n')).toEqual([{ atMs: 3_000, playMs: null }]);
  });

  it.each([
    ['5', '"5" is not SECOND:PER_SECOND'],
    ['0:5', 'the last entry must end it'],
    ['0:5,0:0', 'the seconds must rise'],
    ['0:2000000,1:0', 'more than'],
  ])('refuse the steps %s', (text, why) => {
    expect(() => parseSteps(text)).toThrow(why);
  });

  it.each([
    ['', 'it has no rows'],
    ['second,players\n', 'it has no rows'],
    ['second,players\n0,1\nx,2\n', 'line 3: second must be a number'],
    ['second,players\n0,-1\n', 'line 2: players'],
    ['second,player\n0,1\n', 'line 2: players'],
    ['second,players,play\n0,1,long\n', 'line 2: play must be a number'],
    ['second,players\n5,1\n5,1\n', 'the seconds must rise'],
  ])('refuse the trace %j', (csv, why) => {
    expect(() => parseTrace(csv)).toThrow(why);
  });

  it('are shared out completely, and evenly', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 7 }), (players, count) => {
        const all = ramp(players, 1_000);
        const parts = Array.from({ length: count }, (_, index) => share(all, index, count));
        expect(times(parts.flat()).toSorted((a, b) => a - b)).toEqual(times(all));
        const sizes = parts.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(4);
        expect(sizes.filter((size) => size % 4 !== 0).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
