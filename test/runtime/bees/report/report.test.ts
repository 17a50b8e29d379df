import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Durations } from '../../../../runtime/bees/histogram';
import { compare } from '../../../../runtime/bees/report/comparison';
import { plotsOf } from '../../../../runtime/bees/report/series';
import { readReport, writeReport } from '../../../../runtime/bees/report/write';
import type { RunResult } from '../../../../runtime/bees/result';

function encoded(...values: number[]): string {
  const durations = new Durations();
  for (const value of values) durations.record(value);
  return durations.encode();
}

function resultOf(relayMs: number, nodes = ['game-1', 'game-2']): RunResult {
  const open = Object.fromEntries(nodes.map((id, i) => [id, i + 1]));
  const slice = { connected: 3, connectedLeast: 3, nodes: open, finished: 0, failed: 0, sent: 10, received: 20 };
  return {
    ...{ version: 1, startedAtMs: Date.UTC(2030, 0, 1), seconds: 3, players: 4, finished: 4, failed: 0, failures: {} },
    ...{ fillIns: 0, rooms: 1, roomSizes: { 4: 1 }, splitRooms: 0, peakConcurrent: 3, reconnects: 0, moves: 0 },
    ...{ sent: 20, received: 40, relay: encoded(relayMs) },
    nodes: nodes.map((id, i) => ({ id, cluster: 'game', peak: i + 1 })),
    steps: { lobby: encoded(5), match: encoded(5), start: encoded(5), join: encoded(5), finish: encoded(5) },
    slices: [
      { ...slice, second: 1, arrived: 4, joined: 4, relay: encoded(relayMs), lobby: encoded(5) },
      // The process was too busy to end the second second in time.
      { ...slice, second: 3, arrived: 0, joined: 0, relay: encoded(), lobby: encoded() },
    ],
  };
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the report of a run', () => {
  it('is one page with everything in it, and the result to compare by', async () => {
    const result = resultOf(100);
    const page = await writeReport(folder, result);
    expect(page).toBe(join(folder, 'index.html'));
    const html = await readFile(page, 'utf8');
    expect(html).not.toMatch(/(src|href)=/);
    expect(html).toContain('4 players: 4 finished');
    const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
    const Runs = z.array(z.object({ seconds: z.array(z.number()), plots: z.array(z.object({ title: z.string() })) }));
    const [run] = Runs.parse(JSON.parse(data));
    expect(run?.seconds).toEqual([1, 3]);
    expect(run?.plots.map(({ title }) => title)).toEqual([
      'Players connected',
      'Joins and finishes',
      'From arrival to the lobby node',
      'Messages',
      'Delay of a position, from when it was due until it is back',
      'Connections of game nodes',
    ]);
    expect(await readReport(folder)).toEqual(result);
  });

  it('says what is wrong with a folder that has none', async () => {
    await expect(readReport(join(folder, 'nowhere'))).rejects.toThrow('cannot be read; write one with');
    const other = await mkdtemp(join(folder, 'other-'));
    await writeFile(join(other, 'result.json'), '{"version":0}');
    await expect(readReport(other)).rejects.toThrow('is no result of a run');
  });
});

describe('the plots', () => {
  const valuesOf = (result: RunResult, title: string) =>
    plotsOf(result)
      .plots.find((plot) => plot.title === title)
      ?.lines.map(({ label, values }) => [label, values]);

  it('count by the second, also where one took longer, and have gaps where nothing was timed', () => {
    const result = resultOf(100);
    expect(valuesOf(result, 'Messages')?.[0]).toEqual(['positions sent', [10, 5]]);
    const [p50] = valuesOf(result, 'Delay of a position, from when it was due until it is back') ?? [];
    expect(p50).toEqual(['p50', [expect.closeTo(100, 0), null]]);
  });

  it('show few nodes each, and of many the largest, mean and smallest', () => {
    expect(valuesOf(resultOf(1), 'Connections of game nodes')).toEqual([
      ['game-1', [1, 1]],
      ['game-2', [2, 2]],
    ]);
    const many = Array.from({ length: 20 }, (_, i) => `game-${i}`);
    expect(valuesOf(resultOf(1, many), 'Connections of game nodes')).toEqual([
      ['largest', [20, 20]],
      ['mean', [10.5, 10.5]],
      ['smallest', [1, 1]],
    ]);
  });
});

describe('the comparison of two runs', () => {
  it('shows what has changed', () => {
    const lines = compare(resultOf(100), resultOf(150)).split('\n');
    expect(lines.find((line) => line.includes('relay p99'))).toMatch(/100\.\d+ ms .* (149|150)\.\d+ ms .* \+50 %/);
    expect(lines.find((line) => line.includes('players'))).toMatch(/4 .* 4 │ +│$/);
  });
});
