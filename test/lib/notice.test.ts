import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { script } from '../../lib/user-data';
import { eventually } from '../support/eventually';

const NOTICE = '{"action":"terminate","time":"2026-11-22T12:00:00Z"}';
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Metadata {
  notice: string | null;
  broken: boolean;
  asked: number;
}

/** EC2's metadata service, version 2: no answer without a token. */
async function metadata(state: Metadata): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, body = '') => response.writeHead(status).end(body);
    if (state.broken) return answer(503);
    if (request.method === 'PUT' && request.url === '/latest/api/token') return answer(200, 'a-token');
    if (request.headers['x-aws-ec2-metadata-token'] !== 'a-token') return answer(401);
    if (request.url !== '/latest/meta-data/spot/instance-action') return answer(400);
    state.asked += 1;
    return state.notice === null ? answer(404) : answer(200, state.notice);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => server.close());
  return server;
}

function watching(server: Server): { child: ChildProcess; file: string } {
  const RUN_DIR = mkdtempSync(join(tmpdir(), 'rf-notice-'));
  undo.push(() => rmSync(RUN_DIR, { recursive: true }));
  const { port } = server.address() as AddressInfo;
  const env = {
    ...{ PATH: process.env.PATH, RUN_DIR, RUN_GROUP: String(process.getgid?.()), LOOK_SECONDS: '0.1' },
    IMDS: `http://127.0.0.1:${port}`,
  };
  const child = spawn('bash', ['-c', script('functions') + script('notice')], { env, stdio: 'ignore' });
  undo.push(() => child.kill('SIGKILL'));
  return { child, file: join(RUN_DIR, 'leaving') };
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

(hasCurl ? it : it.skip)(
  'leaves word of a Spot notice once there is one, whatever the metadata service does before',
  async () => {
    const state: Metadata = { notice: null, broken: true, asked: 0 };
    const { child, file } = watching(await metadata(state));
    state.broken = false;
    await eventually('it asks', () => state.asked > 1, 30_000);
    expect([existsSync(file), child.exitCode]).toEqual([false, null]);
    state.notice = NOTICE;
    await eventually('it leaves word', () => existsSync(file), 30_000);
    expect(readFileSync(file, 'utf8').trim()).toBe(NOTICE);
  },
  90_000,
);
