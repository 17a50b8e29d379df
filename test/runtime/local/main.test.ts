import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually';
import { Launched } from '../../support/launched';

const runs: Launched[] = [];

/** `npm start` with small stand-ins for the programs. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
  const script = join(__dirname, 'programs', 'start.js');
  const run = new Launched(process.execPath, [script, '--port', '0', ...args], env);
  runs.push(run);
  return run;
}

async function leavesNothing(run: Launched): Promise<void> {
  await eventually('no process is left', () => run.processes().length === 0, 5_000);
  expect(run.files()).toEqual([]);
}

afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
});

describe('npm start', () => {
  it('says its steps, where everything is, and what to try; a SIGTERM ends all of it with code 0', async () => {
    const run = start(['--lobby', '1', '--game', '2', '--capacity', '77'], { TICK_MS: '50', UNKNOWN: 'x' });
    await run.prints('Ctrl-C ends everything');
    for (const words of ['Redis: a private one', '1 lobby, 2 game nodes', 'local-dev-key', 'kill -9', 'npm run bees']) {
      expect(run.output).toContain(words);
    }
    const api = /http:\/\/127\.0\.0\.1:\d+/.exec(run.output)?.[0];
    expect((await fetch(`${api}/v1/clusters`)).status).toBe(200);
    const game = /game-\w+ .*(http:\S+)/.exec(run.output)?.[1] ?? '';
    const { env } = (await (await fetch(game)).json()) as { env: Record<string, string> };
    expect(env).toMatchObject({ CLUSTER: 'game', CAPACITY: '77', TICK_MS: '50' });
    for (const name of ['UNKNOWN', 'REDIS_URL', 'MASTER_KEYS', 'FLEET']) expect(env).not.toHaveProperty(name);
    // Ourselves, guard, Redis, two balancers, three nodes, bees; and the compiler's, which real bundles stop.
    expect(run.processes().length).toBeGreaterThanOrEqual(9);
    process.kill(run.pid, 'SIGTERM');
    expect(await run.exited).toEqual({ code: 0, signal: null });
    await leavesNothing(run);
  });

  it('ends on a signal to the whole process group', async () => {
    const run = start(['--lobby', '1', '--game', '1']);
    await run.prints('Ctrl-C ends everything');
    process.kill(-run.pid, 'SIGINT');
    expect(await run.exited).toEqual({ code: 0, signal: null });
    await leavesNothing(run);
  });

  it.each(['Programs:', 'Processes:'])('ends when it is told during the start, at "%s"', async (step) => {
    const run = start([]);
    await run.prints(step);
    process.kill(run.pid, 'SIGTERM');
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(run.output).not.toContain('Ctrl-C ends');
    await leavesNothing(run);
  });

  it('ends a hung process too, and at once when told twice', async () => {
    const run = start(['--lobby', '1', '--game', '1']);
    await run.prints('Ctrl-C ends everything');
    const game = Number(/game-\w+ +pid (\d+)/.exec(run.output)?.[1]);
    process.kill(game, 'SIGSTOP');
    process.kill(run.pid, 'SIGTERM');
    await run.prints('Stopping');
    await new Promise((resolve) => setTimeout(resolve, 400));
    process.kill(run.pid, 'SIGTERM');
    expect((await run.exited).code).toBe(0);
    await leavesNothing(run);
  });

  it('leaves nothing when it is killed itself, with a hung process', async () => {
    const run = start(['--lobby', '1', '--game', '1']);
    await run.prints('Ctrl-C ends everything');
    process.kill(Number(/game-\w+ +pid (\d+)/.exec(run.output)?.[1]), 'SIGSTOP');
    process.kill(-run.pid, 'SIGKILL');
    await run.exited;
    await leavesNothing(run);
  });

  it('says that the port is in use and how to take another, before it starts anything', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await eventually('it listens', () => other.listening);
    const { port } = other.address() as AddressInfo;
    const run = start(['--port', String(port)]);
    expect((await run.exited).code).toBe(1);
    expect(run.output).toBe(`Port ${port} is in use: choose another one with --port, or any free one with --port 0\n`);
    other.close();
    await leavesNothing(run);
  });

  it('says that the Redis of REDIS_URL does not answer', async () => {
    const run = start([], { REDIS_URL: 'redis://127.0.0.1:1' });
    expect((await run.exited).code).toBe(1);
    expect(run.output).toContain('The Redis at REDIS_URL (redis://127.0.0.1:1) does not answer');
    await leavesNothing(run);
  });

  it('refuses an option with what is wrong, and lists them all on --help', async () => {
    const wrong = start(['--players', 'many']);
    expect((await wrong.exited).code).toBe(1);
    expect(wrong.output).toMatch(
      /^error: option '--players <N>' argument 'many' is invalid. A whole number from 0[^\n]+\n$/,
    );
    const help = start(['--help']);
    expect((await help.exited).code).toBe(0);
    expect(help.output).toContain('--capacity <N>');
  });
});

describe('npm start -- --exit', () => {
  it('ends with the bees, their summary last, and adds the nodes that nobody was sent to', async () => {
    const json = join(tmpdir(), `summary-${process.pid}.json`);
    const run = start(['--exit', '--players', '4', '--json', json]);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(run.output.endsWith('the summary\n')).toBe(true);
    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary.players).toBe(4);
    expect(summary.nodes).toHaveLength(4);
    expect(summary.nodes[3]).toEqual({ id: expect.stringMatching(/^game-/), cluster: 'game', peak: 0 });
    await leavesNothing(run);
  });

  it('fails when not every player finished', async () => {
    const run = start(['--exit'], { API_KEY: 'failing' });
    expect((await run.exited).code).toBe(1);
    await leavesNothing(run);
  });

  it('is no success when it is stopped before the end', async () => {
    const run = start(['--exit']);
    await run.prints('Processes:');
    process.kill(run.pid, 'SIGINT');
    expect((await run.exited).code).toBe(130);
    await leavesNothing(run);
  });
});
