import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Durations } from '../../../runtime/bees/histogram';
import { mergeResults, RunResult } from '../../../runtime/bees/result';
import { summarise } from '../../../runtime/bees/summary';

function encoded(values: readonly number[]): string {
  const durations = new Durations();
  for (const value of values) durations.record(value);
  return durations.encode();
}

interface Part {
  readonly lobby: readonly number[];
  readonly connected: readonly (readonly [connected: number, least: number])[];
}

function resultOf({ lobby, connected }: Part): RunResult {
  const none = encoded([]);
  return RunResult.parse({
    ...{ version: 1, startedAtMs: 1_000, seconds: connected.length, players: lobby.length, finished: lobby.length },
    ...{ failed: 1, failures: { 'FULL (lobby)': 1 }, fillIns: 0, rooms: 2, roomSizes: { 4: 2 }, splitRooms: 0 },
    ...{ peakConcurrent: Math.max(0, ...connected.map(([most]) => most)), reconnects: 1, moves: 0 },
    ...{ sent: 3, received: 5, relay: none },
    nodes: [{ id: 'lobby-1', cluster: 'lobby', peak: 3 }],
    steps: { lobby: encoded(lobby), match: none, start: none, join: none, finish: none },
    slices: connected.map(([now, connectedLeast], i) => ({
      ...{ second: i + 1, connected: now, connectedLeast, nodes: { 'lobby-1': now } },
      ...{ arrived: 1, joined: 1, finished: 0, failed: 0, sent: 1, received: 2, relay: none, lobby: encoded([i]) },
    })),
  });
}

const times = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 30 });

describe('results of several processes', () => {
  it('add up exactly: counts, and histograms with every value in them', () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (parts) => {
        const merged = mergeResults(parts.map((lobby) => resultOf({ lobby, connected: [[1, 1]] })));
        expect(merged.players).toBe(parts.flat().length);
        const together = Durations.decode(merged.steps.lobby);
        const apart = Durations.decode(encoded(parts.flat()));
        expect(together.count).toBe(parts.flat().length);
        for (const percentile of [50, 99, 100]) {
          expect(together.percentile(percentile)).toBe(apart.percentile(percentile));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('name the failures of all, and who was there in a whole second', () => {
    const one = resultOf({
      lobby: [1],
      connected: [
        [5, 0],
        [5, 5],
        [0, 0],
      ],
    });
    const other = resultOf({
      lobby: [2],
      connected: [
        [1, 0],
        [4, 3],
        [6, 4],
        [0, 0],
      ],
    });
    const merged = mergeResults([one, other]);
    expect(merged.failures).toEqual({ 'FULL (lobby)': 2 });
    expect(merged.peakConcurrent).toBe(8);
    expect(merged.slices.map(({ connected }) => connected)).toEqual([6, 9, 6, 0]);
    expect(merged.nodes).toEqual([{ id: 'lobby-1', cluster: 'lobby', peak: 9 }]);
    expect(summarise(merged).atPeak).toEqual({ lobby: { largest: 9, mean: 9 } });
  });

  it('agree on the seconds, also when a process was too busy to end each in time', () => {
    const whole = resultOf({
      lobby: [1],
      connected: [
        [5, 5],
        [5, 5],
        [5, 5],
      ],
    });
    const [first, , last] = whole.slices;
    const busy = { ...whole, slices: [first, last].filter((slice) => slice !== undefined) };
    const merged = mergeResults([whole, busy]);
    expect(merged.slices.map(({ second, connected, sent }) => [second, connected, sent])).toEqual([
      [1, 10, 2],
      [2, 10, 1],
      [3, 10, 2],
    ]);
    expect(merged.peakConcurrent).toBe(10);
  });

  it('of one process are its own', () => {
    const only = resultOf({ lobby: [1], connected: [[5, 0]] });
    expect(mergeResults([only])).toBe(only);
    expect(() => mergeResults([])).toThrow('no result');
  });
});
