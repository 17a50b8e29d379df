import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { z } from 'zod';
import { Durations } from '../../../runtime/bees/histogram';
import { ProgressMessage } from '../../../runtime/bees/progress';
import { RunResult } from '../../../runtime/bees/result';
import { eventually } from '../../support/eventually';
import { FakeFleet } from '../client/fake-fleet';

const PoolOf = z.object({ pool: z.string() });

const MAIN = join(__dirname, '../../../runtime/bees/main.ts');

let folder = '';
let bundle = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bees-'));
  bundle = join(folder, 'bees.js');
  await build({ entryPoints: [MAIN], outfile: bundle, bundle: true, platform: 'node', format: 'cjs' });
});
afterAll(() => rm(folder, { recursive: true }));

interface Program {
  readonly child: ChildProcess;
  readonly messages: unknown[];
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function bees(...args: string[]): Program {
  const { API_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, [bundle, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const text = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => (text.out += chunk));
  child.stderr?.on('data', (chunk) => (text.err += chunk));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...text })),
  );
  return { child, messages, ended };
}

async function fleetOf(): Promise<FakeFleet> {
  const fleet = await FakeFleet.start();
  cleanups.push(() => fleet.stop());
  return fleet;
}

describe('the program', () => {
  it('plays, prints the summary as its last lines, writes it as JSON, and exits with 0', async () => {
    const fleet = await fleetOf();
    const json = join(folder, 'summary.json');
    const args = [
      '--api',
      fleet.api,
      '--api-key',
      'key',
      '--players',
      '8',
      '--ramp',
      '0.2',
      '--play',
      '1',
      '--json',
      json,
    ];
    const { ended, messages } = bees(...args);
    const { code, out, err } = await ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('8 players: 8 finished, 0 failed');
    expect(out.trimEnd().split('\n').at(-1)).toMatch(
      /^game nodes: 1; peak of connections: mean (\d)\.0, largest \1 \(game-0 \1\)$/,
    );
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ players: 8, finished: 8, fillIns: 0, rooms: 2 });
    expect(ProgressMessage.parse(messages[0]).progress.players).toBe(8);
  });

  it('plays in several processes that are one run: one summary, and counts that add up exactly', async () => {
    const fleet = await fleetOf();
    const report = join(folder, 'report');
    const options = '--api-key key --players 16 --ramp 0.5 --play 0.5 --rate 20 --processes 2 --gather --report'.split(
      ' ',
    );
    const { code, out, err } = await bees('--api', fleet.api, ...options, report).ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('16 players: 16 finished, 0 failed');

    const result = RunResult.parse(JSON.parse(await readFile(join(report, 'result.json'), 'utf8')));
    expect(result).toMatchObject({ players: 16, finished: 16, rooms: 4 });
    // 16, unless a process was so busy that no second was whole.
    expect(result.peakConcurrent).toBeGreaterThanOrEqual(1);
    expect(result.peakConcurrent).toBeLessThanOrEqual(16);
    // What each process sent and timed reached the fleet, which counted it for itself.
    for (const step of ['lobby', 'match', 'start', 'join', 'finish'] as const) {
      expect(Durations.decode(result.steps[step]).count).toBe(16);
    }
    expect(new Set(fleet.requestsTo('lobby').map(({ body }) => body.playerId)).size).toBe(16);
    expect(Durations.merged(result.slices.map(({ relay }) => relay)).count).toBe(Durations.decode(result.relay).count);
    expect(result.slices.reduce((sum, { sent }) => sum + sent, 0)).toBe(result.sent);
    expect(result.slices.reduce((sum, { arrived }) => sum + arrived, 0)).toBe(16);
    // Two processes: two pools, so that rooms do not lie in both.
    const pools = new Set(fleet.lobbyEvents.flatMap(({ payload }) => PoolOf.safeParse(payload).data?.pool ?? []));
    expect([...pools].sort()).toEqual(['default.0', 'default.1']);
  });

  it('stops all of its processes at SIGINT, with the summary of what was', async () => {
    const fleet = await fleetOf();
    const options = '--api-key key --players 8 --ramp 0.1 --play 3000 --processes 2'.split(' ');
    const { child, ended } = bees('--api', fleet.api, ...options);
    await eventually('all play', () => fleet.requestsTo('start').length >= 8, 50_000);
    child.kill('SIGINT');
    const { code, out } = await ended;
    expect(code).toBe(1);
    expect(out).toContain('8 players: 0 finished, 0 failed');
    await eventually('nobody is left', () => fleet.games[0]?.connections === 0, 50_000);
  });

  it('exits with 1 when players failed', async () => {
    const fleet = await fleetOf();
    fleet.mishap = () => ({ status: 500, body: { error: { code: 'INTERNAL', message: 'oops' } } });
    const { code, out } = await bees('--api', fleet.api, '--api-key', 'key', '--players', '2').ended;
    expect(code).toBe(1);
    expect(out).toContain('failed 2 × INTERNAL (lobby)');
  });

  it('stops at SIGTERM, prints the summary of what was, and exits with 0 when it was to loop', async () => {
    const fleet = await fleetOf();
    const { child, ended } = bees(
      '--api',
      fleet.api,
      '--api-key',
      'key',
      '--players',
      '4',
      '--ramp',
      '0',
      '--play',
      '0.1',
      '--loop',
    );
    await eventually('a game', () => fleet.requestsTo('finish').length >= 4, 50_000);
    child.kill('SIGTERM');
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^4 players: \d+ finished, 0 failed/m);
  });

  it('says what is wrong with the key', async () => {
    const fleet = await fleetOf();
    const { code, err } = await bees('--api', fleet.api, '--players', '2').ended;
    expect(code).toBe(1);
    expect(err).toContain('UNAUTHORIZED');
  });

  it('says soon that the API cannot be reached', async () => {
    // Nobody listens there, and no other program is given that port.
    const api = 'http://127.0.0.1:2';
    const { code, err } = await bees('--api', api).ended;
    expect(code).toBe(1);
    expect(err).toContain(`The API at ${api} cannot be reached: connect ECONNREFUSED`);
  });
});
