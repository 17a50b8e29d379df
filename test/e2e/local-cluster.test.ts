import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually';
import { Launched } from '../support/launched';

const ROOT = resolve(__dirname, '../..');
const runs: Launched[] = [];

/** The command as a user types it: npm, its shell, and ours. */
function npm(...args: readonly string[]): Launched {
  const run = new Launched('npm', ['--prefix', ROOT, ...args], {});
  runs.push(run);
  return run;
}

async function leavesNothing(run: Launched): Promise<void> {
  await eventually('no process is left', () => run.processes().length === 0, 5_000);
  expect(run.files().filter((name) => !name.startsWith('node-compile-cache'))).toEqual([]);
}

afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
});

interface Summary {
  readonly players: number;
  readonly finished: number;
  readonly failed: number;
  readonly rooms: number;
  readonly splitRooms: number;
  readonly roomSizes: Readonly<Record<string, number>>;
  readonly peakConcurrent: number;
  readonly nodes: readonly { readonly id: string; readonly cluster: string; readonly peak: number }[];
  readonly steps: Readonly<Record<string, { readonly p50Ms: number; readonly p99Ms: number }>>;
}

describe('npm start', () => {
  it('plays 400 players once over 3 lobby and 5 game nodes: all finish, in whole rooms, evenly spread', async () => {
    const json = join(runFolder(), 'summary.json');
    const run = npm(
      'start',
      '--',
      '--port',
      '0',
      '--lobby',
      '3',
      '--game',
      '5',
      '--players',
      '400',
      '--exit',
      '--json',
      json,
    );
    const { code } = await run.exited;
    expect({ code, output: code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
    // The summary with what the programs took, and nothing after it.
    expect(run.output).toMatch(
      /\n400 players: 400 finished, 0 failed.*\ngame nodes: [^\n]+\nMemory at most: [^\n]+\n$/s,
    );

    const summary: Summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ players: 400, finished: 400, failed: 0, splitRooms: 0 });
    // 100, and more when a player lost a room on an overloaded machine and was matched again, with fill-ins.
    expect(summary.rooms).toBeGreaterThanOrEqual(100);
    expect(Object.keys(summary.roomSizes)).toEqual(['4']);
    expect(Object.keys(summary.steps).sort()).toEqual(['finish', 'join', 'lobby', 'match', 'start']);
    expect(summary.nodes.filter((node) => node.cluster === 'lobby')).toHaveLength(3);
    const peaks = summary.nodes.filter((node) => node.cluster === 'game').map((node) => node.peak);
    expect(peaks).toHaveLength(5);
    const mean = peaks.reduce((sum, peak) => sum + peak, 0) / peaks.length;
    expect(Math.max(...peaks)).toBeLessThanOrEqual(mean * 1.1 + 4);
    await leavesNothing(run);
  }, 120_000);

  it('plays on, answers a player who is no bee, and takes more bees, until a SIGTERM to npm ends it within 5 s', async () => {
    const run = npm('start', '--', '--port', '0', '--players', '8');
    await run.prints('Ctrl-C ends everything', 60_000);
    const api = /http:\/\/127\.0\.0\.1:\d+/.exec(run.output)?.[0] ?? '';
    const answer = await fetch(`${api}/v1/lobby`, {
      method: 'POST',
      headers: { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
      body: '{"playerId":"alice"}',
    });
    expect(await answer.json()).toMatchObject({ nodeId: expect.stringMatching(/^lobby-/), ticket: expect.any(String) });
    const bees = npm('run', 'bees', '--', '--api', api, '--players', '8', '--play', '1', '--pool', 'others');
    expect((await bees.exited).code).toBe(0);
    expect(bees.output).toContain('8 finished, 0 failed');

    const told = performance.now();
    process.kill(run.pid, 'SIGTERM');
    expect((await run.exited).code).toBe(0);
    expect(performance.now() - told).toBeLessThan(5_000);
    await leavesNothing(run);
  }, 120_000);

  it.each([
    ['to npm, twice', (run: Launched) => [run.pid, run.pid]],
    ['to the process group, twice', (run: Launched) => [-run.pid, -run.pid]],
  ])(
    'leaves nothing after a SIGTERM %s, wherever the start is',
    async (_, targets) => {
      for (const step of ['bootstrap.mjs start', 'Programs:', 'Redis:', 'Processes:']) {
        const run = npm('start', '--', '--port', '0');
        await run.prints(step, 60_000);
        for (const pid of targets(run)) {
          try {
            process.kill(pid, 'SIGTERM');
          } catch {
            // It has ended by the first one.
          }
          await new Promise((done) => setTimeout(done, 400));
        }
        await run.exited;
        await leavesNothing(run);
      }
    },
    120_000,
  );

  it('leaves nothing when npm is killed, or all of it at once', async () => {
    for (const target of [(pid: number) => pid, (pid: number) => -pid]) {
      const run = npm('start', '--', '--port', '0', '--players', '4');
      await run.prints('Ctrl-C ends everything', 60_000);
      process.kill(target(run.pid), 'SIGKILL');
      await leavesNothing(run);
    }
  }, 120_000);

  it('says what to do when the port is in use, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await eventually('it listens', () => other.listening);
    const { port } = other.address() as AddressInfo;
    const run = npm('start', '--', '--port', String(port));
    expect((await run.exited).code).toBe(1);
    expect(run.output).toContain(`Port ${port} is in use: choose another one with --port`);
    other.close();
    await leavesNothing(run);
  }, 60_000);
});

/** A folder of this test's own, removed with the run's. */
function runFolder(): string {
  const holder = new Launched(process.execPath, ['-e', '']);
  runs.push(holder);
  return holder.folder;
}
