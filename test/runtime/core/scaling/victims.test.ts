import { describe, expect, it } from '@jest/globals';
import { chooseVictims } from '../../../../runtime/core/scaling/victims';
import { NOON, node } from './fixtures';

const ids = (list: readonly { nodeId: string }[]): string[] => list.map(({ nodeId }) => nodeId);

describe('victims', () => {
  it('have the fewest players; reservations count', () => {
    const list = [node('a', { sessions: 2 }), node('b', { pending: 3 }), node('c', { sessions: 1 })];
    expect(ids(chooseVictims(list, 2, 'v1'))).toEqual(['c', 'a']);
  });

  it('then run the oldest version: the wanted one is the newest, whenever its nodes were launched', () => {
    const list = [
      node('wanted', { version: 'v3', launchedAtMs: NOON - 9_000 }),
      node('old', { version: 'v1', launchedAtMs: NOON - 8_000 }),
      node('older', { version: 'v0', launchedAtMs: NOON - 8_500 }),
    ];
    expect(ids(chooseVictims(list, 3, 'v3'))).toEqual(['older', 'old', 'wanted']);
  });

  it('then stand in the fullest zone, which empties as they are chosen', () => {
    const list = [
      node('a1'),
      node('a2'),
      node('b1', { zone: 'b' }),
      node('b2', { zone: 'b' }),
      node('b3', { zone: 'b' }),
    ];
    expect(ids(chooseVictims(list, 3, 'v1'))).toEqual(['b1', 'a1', 'b2']);
  });

  it('then have the lowest id, in whatever order they come', () => {
    const list = [node('c'), node('a'), node('b')];
    expect(ids(chooseVictims(list, 2, null))).toEqual(ids(chooseVictims(list.toReversed(), 2, null)));
  });

  it('are no more than there are', () => {
    expect(chooseVictims([node('a')], 5, null)).toHaveLength(1);
    expect(chooseVictims([], 1, null)).toEqual([]);
  });
});
