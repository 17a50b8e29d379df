import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bundles, bundle, bundleGame } from '../../runtime/bundle';
import { newSecrets } from '../../runtime/local/secrets';
import { eventually } from '../support/eventually';
import { resource, type Synthesised, synthesise, text } from './synthesised';

const folder = mkdtempSync(join(tmpdir(), 'rf-programs-'));
const secrets = newSecrets();
const started: ChildProcess[] = [];
let prod: Synthesised;
let bundles: Bundles;

beforeAll(async () => {
  prod = synthesise();
  bundles = await bundle();
}, 60_000);
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What stands in the settings of the instances of this launch template. */
function settings(template: string): Record<string, string> {
  const script = text(resource(prod, 'AWS::EC2::LaunchTemplate', template).Properties.LaunchTemplateData.UserData);
  const [, content = ''] = /settings <<'END_OF_FILE'\n([\s\S]*?)\nEND_OF_FILE/.exec(script) ?? [];
  return Object.fromEntries(content.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** Runs the bundle alone in a folder, with nothing but this environment; resolves when it listens. */
async function starts(file: string, env: Readonly<Record<string, string>>): Promise<string> {
  const cwd = mkdtempSync(join(folder, 'instance-'));
  copyFileSync(file, join(cwd, 'program.js'));
  expect(readdirSync(cwd)).toEqual(['program.js']);
  // No fixed ports in tests, and nothing beyond this machine.
  const here = { HOST: '127.0.0.1', PORT: '0', NODE_ENV: 'production' };
  const child = spawn(process.execPath, ['program.js'], { cwd, env: { ...env, ...here } });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const listening = () => output.includes('"msg":"listening"') || child.exitCode !== null;
  await eventually('it listens, or ends', listening, 15_000).catch(() => undefined);
  expect(output).toContain('"msg":"listening"');
  return output;
}

/** What the script adds on an instance. */
const node = { NODE_ID: 'i-0abc', VERSION: 'abc-ami-0def', AGENT_PUBLIC_KEYS: secrets.agentPublicKeys };
const REDIS_URL = `rediss://:${'x'.repeat(64)}@127.0.0.1:1`;

describe('a bundle, alone in a folder, with the environment of its unit', () => {
  it('runs a game node', async () => {
    await starts(bundles.bundles.game.file, { ...settings('Game'), ...node });
  }, 30_000);

  it("runs a game node with the user's own plug-in in the same file", async () => {
    const plugin = join(folder, 'my-game.ts');
    writeFileSync(
      plugin,
      `console.log('my game is here');
      const accept = { safeParse: (data: unknown) => ({ success: true, data }) };
      export default { events: { GO: accept }, create: () => ({}) };`,
    );
    const file = await bundleGame(plugin, folder);
    expect(await starts(file, { ...settings('Game'), ...node })).toContain('my game is here');
    expect(await bundleGame(plugin, folder)).toBe(file);
  }, 60_000);

  it('runs a lobby node, with the registry out of reach', async () => {
    await starts(bundles.bundles.lobby.file, { ...settings('Lobby'), ...node, REDIS_URL });
  }, 30_000);

  it('runs a balancer, with the registry, AWS and the other balancer out of reach', async () => {
    const aws = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    await starts(bundles.bundles.balancer.file, {
      ...settings('BalancersFirst'),
      ...aws,
      ...{ PRIVATE_PORT: '0', PEER_URL: 'http://127.0.0.1:1' },
      ...{ REDIS_URL, MASTER_KEYS: secrets.masterKeys, AGENT_PRIVATE_KEY: secrets.agentPrivateKey, API_KEYS: 'key' },
    });
  }, 30_000);
});
