import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectPlayer, TestBalancer } from '../../support/agent-client';

const ROOT = join(__dirname, '../../..');

describe('the game program', () => {
  // Bundled once, which is what instances run: it starts several times faster than through a TypeScript loader.
  const folder = mkdtempSync(join(tmpdir(), 'game-'));
  const program = join(folder, 'game.js');
  beforeAll(() => {
    const flags = ['--bundle', '--platform=node', '--format=cjs', '--log-level=warning', `--outfile=${program}`];
    execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), ['runtime/game/main.ts', ...flags], { cwd: ROOT });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  const balancer = new TestBalancer();
  const config = {
    STACK: 'test',
    CLUSTER: 'game',
    NODE_ID: 'game-1',
    HOST: '127.0.0.1',
    AGENT_PUBLIC_KEYS: Buffer.from(balancer.publicKey).toString('base64'),
    LOG_LEVEL: 'silent',
  };
  const run = (env: Record<string, string>, args: string[] = []) => {
    const child = fork(program, args, { env: { PATH: process.env.PATH, ...env }, silent: true });
    running.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as unknown, output })) };
  };

  it('announces its port, serves, and ends cleanly on SIGTERM with players connected', async () => {
    const { child, ended } = run(config);
    const [message] = (await once(child, 'message')) as [{ ready: boolean; port: number }];
    expect(message).toEqual({ ready: true, port: expect.any(Number) });
    const url = `http://127.0.0.1:${message.port}`;
    const channel = await balancer.connect(url, 'game-1');
    const { socket } = await connectPlayer(url, { ticket: balancer.ticket(channel.hello, 'alice') });
    expect(await channel.stats()).toMatchObject({ sessions: 1, version: 'dev', capacity: 5_000 });
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    socket.disconnect();
    channel.close();
  });

  it('serves its metrics, and those of its process, on a port of their own when it is told to', async () => {
    const { child } = run({ ...config, METRICS_PORT: '0' });
    const [message] = (await once(child, 'message')) as [{ metricsPort: number }];
    const text = await (await fetch(`http://127.0.0.1:${message.metricsPort}/metrics`)).text();
    expect(text).toContain('realtime_node_sessions{stack="test",cluster="game",node="game-1"} 0');
    expect(text).toMatch(/^process_resident_memory_bytes\{.*\} \d+$/m);
    // What takes longer the more players there are is not measured at each scrape.
    expect(text).not.toContain('nodejs_active_');
  });

  it('names everything that is wrong with its configuration', async () => {
    const wrong = { PORT: '99999', NODE_ID: 'a b', AGENT_PUBLIC_KEYS: 'x', LOG_LEVEL: 'loud' };
    const { code, output } = await run({ ...config, ...wrong }).ended;
    expect(code).toBe(1);
    for (const name of Object.keys(wrong)) expect(output).toContain(`  ${name}: `);
    const { STACK: _, ...incomplete } = config;
    expect((await run(incomplete).ended).output).toContain('STACK: is not set');
  });

  it('says when its port is taken, or its plug-in is missing', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const [inUse, noPlugin] = await Promise.all([
      run({ ...config, PORT: port }).ended,
      run({ ...config, GAME_PLUGIN: '/no/such/plugin.js' }).ended,
    ]);
    taken.close();
    expect(inUse).toMatchObject({ code: 1, output: expect.stringMatching(`EADDRINUSE.*${port}`) });
    expect(noPlugin).toMatchObject({ code: 1, output: expect.stringContaining('/no/such/plugin.js cannot be loaded') });
  });

  it('explains itself', async () => {
    const { code, output } = await run(config, ['--help']).ended;
    expect(code).toBe(0);
    for (const name of ['TICK_MS', 'ROOM_COMPLETE_MS', 'GAME_PLUGIN', 'GRACE_MS']) expect(output).toContain(name);
  });
});
