import { describe, expect, it } from '@jest/globals';
import { parseCurve, playersAt } from '../../../runtime/bees/curve';

describe('a curve', () => {
  const curve = parseCurve('0:40, 10:40,20:100,20.5:0');

  it.each([
    [0, 40],
    [9_999, 40],
    [15_000, 70],
    [20_000, 100],
    [20_250, 50],
    [20_500, null],
    [99_000, null],
  ])('at %d ms: %p', (atMs, players) => {
    expect(playersAt(curve, atMs)).toBe(players);
  });

  it.each([
    ['0:40', 'two points'],
    ['', 'is not SECOND:PLAYERS'],
    ['0:40,5', '"5" is not SECOND:PLAYERS'],
    ['0:40,5:-1', 'is not SECOND:PLAYERS'],
    ['1:40,5:1', 'must begin with 0 and rise'],
    ['0:40,5:1,5:2', 'must begin with 0 and rise'],
  ])('%j is refused', (text, why) => {
    expect(() => parseCurve(text)).toThrow(why);
  });
});
