import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { script } from '../../lib/user-data';
import { NodeEnv } from '../../runtime/agent';
import { KeyVariables } from '../../runtime/balancer/env';
import { parseMasterKeys } from '../../runtime/tickets/keys';

// Each run of a script is a few dozen processes.
jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'rf-configure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const A = 'a'.repeat(63);

/** What AWS holds, as files: `ID.AWSCURRENT`, `ID.AWSPREVIOUS`, and the parameter. */
class Machine {
  readonly #root = mkdtempSync(join(folder, 'machine-'));
  readonly #aws = join(this.#root, 'aws');
  /** What the program may read. */
  readonly runDir = join(this.#root, 'run');

  constructor(sources: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.#aws);
    this.#write('sources', lines(sources));
    this.#write('settings', lines(settings));
    this.#command(
      'curl',
      `for last; do :; done; case "$last" in *instance-id) echo i-0abc;; *ami-id) echo ami-0def;; *lifecycle-state) cat ${this.#aws}/lifecycle;; *) echo token;; esac`,
    );
    this.#command(
      'aws',
      `cd ${this.#aws}
case "$1 $2" in
'secretsmanager get-secret-value')
  [ ! -e broken ] || { echo 'ThrottlingException' >&2; exit 254; }
  cat "$4.$6" 2>/dev/null || { echo "ResourceNotFoundException: no value with staging label $6" >&2; exit 254; };;
'ssm get-parameter') cat parameter;;
'ssm put-parameter') printf %s "$6" >parameter;;
esac`,
    );
  }

  put(name: string, value: string): void {
    writeFileSync(join(this.#aws, name), value);
  }

  read(name: string): string {
    return readFileSync(join(this.#aws, name), 'utf8');
  }

  run(
    source: string,
    env: Readonly<Record<string, string>> = {},
  ): { code: number | null; env: Record<string, string>; stderr: string } {
    const PATH = `${join(this.#root, 'bin')}:${process.env.PATH ?? ''}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', source], {
      env: { PATH, CONFIG_DIR: this.#root, RUN_DIR: this.runDir, RUN_GROUP: String(process.getgid?.()), ...env },
      encoding: 'utf8',
    });
    const pairs = stdout.split('\n').filter((line) => line.includes('='));
    return { code: status, env: Object.fromEntries(pairs.map((line) => split(line))), stderr };
  }

  #write(name: string, content: string): void {
    writeFileSync(join(this.#root, name), content);
  }

  #command(name: string, body: string): void {
    const bin = join(this.#root, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}

function lines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function split(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

const node = script('functions') + script('common') + script('node');
const balancer = script('functions') + script('common') + script('balancer');

function aNode(sources: Readonly<Record<string, string>> = {}): Machine {
  const settings = { STACK: 'prod-realtime', CLUSTER: 'game', PORT: '8080', CAPACITY: '200' };
  return new Machine({ AGENT_PUBLIC_KEYS_PARAMETER: '/p/keys', CONFIG_VERSION: 'abc123', ...sources }, settings);
}

function aBalancer(sources: Readonly<Record<string, string>> = {}): Machine {
  const machine = new Machine({
    ...sources,
    AGENT_PUBLIC_KEYS_PARAMETER: '/p/keys',
    ...{ MASTER_SECRET: 'master', AGENT_SECRET: 'agent', API_SECRET: 'api' },
    ...{ REDIS_SECRET: 'redis', REDIS_ADDRESS: 'redis.example:6380' },
  });
  machine.put('parameter', 'pending\n');
  for (const [name, last] of [
    ['master', '1'],
    ['agent', '2'],
    ['api', '3'],
    ['redis', '4'],
  ] as const) {
    machine.put(`${name}.AWSCURRENT`, `${A}${last}\n`);
  }
  return machine;
}

describe('the environment of a balancer', () => {
  it('has the secrets, and the key pair whose public half it publishes', () => {
    const machine = aBalancer();
    const { code, env } = machine.run(balancer);
    expect(code).toBe(0);
    expect(env).toMatchObject({ API_KEYS: `${A}3`, REDIS_URL: `rediss://:${A}4@redis.example:6380` });
    expect(parseMasterKeys(env.MASTER_KEYS ?? '')).toHaveLength(1);
    const data = Buffer.from('data');
    const privateKey = createPrivateKey(Buffer.from(env.AGENT_PRIVATE_KEY ?? '', 'base64'));
    const publicKey = createPublicKey(Buffer.from(machine.read('parameter'), 'base64'));
    expect(verify(null, data, publicKey, sign(null, data, privateKey))).toBe(true);
  });

  it('is the same on both balancers', () => {
    expect(aBalancer().run(balancer).env).toEqual(aBalancer().run(balancer).env);
  });

  it('keeps the keys before the present ones valid, after them', () => {
    const machine = aBalancer();
    const before = machine.run(balancer);
    const published = machine.read('parameter');
    for (const name of ['master', 'agent', 'api']) {
      machine.put(`${name}.AWSPREVIOUS`, machine.read(`${name}.AWSCURRENT`));
      machine.put(`${name}.AWSCURRENT`, `${'b'.repeat(64)}\n`);
    }
    const after = machine.run(balancer);
    expect(after.env.API_KEYS).toBe(`${'b'.repeat(64)},${A}3`);
    expect(parseMasterKeys(after.env.MASTER_KEYS ?? '')).toHaveLength(2);
    expect(after.env.AGENT_PRIVATE_KEY).not.toBe(before.env.AGENT_PRIVATE_KEY);
    expect(machine.read('parameter').split(',')).toEqual([expect.any(String), published]);
    expect(after.env.AGENT_PRIVATE_KEY?.split(',')).toEqual([expect.any(String), before.env.AGENT_PRIVATE_KEY]);
  });

  it('is there for the program that runs, too, in a file that only changes when a key does', async () => {
    const machine = aBalancer();
    const { env } = machine.run(balancer);
    const file = join(machine.runDir, 'keys');
    const read = () => Object.fromEntries(readFileSync(file, 'utf8').trim().split('\n').map(split));
    const { AGENT_PRIVATE_KEY, MASTER_KEYS, API_KEYS } = env;
    expect(read()).toEqual({ AGENT_PRIVATE_KEY, MASTER_KEYS, API_KEYS });
    expect(KeyVariables.safeParse(read()).success).toBe(true);
    expect([statSync(file).mode & 0o777, readdirSync(machine.runDir)]).toEqual([0o640, ['keys']]);
    const before = statSync(file).ino;
    machine.run(balancer);
    expect(statSync(file).ino).toBe(before);
    machine.put('api.AWSCURRENT', 'another\n');
    machine.run(balancer);
    expect(read().API_KEYS).toBe('another');
  });

  it("has the address of Slack's webhook in a file of its own, and is whole also while nobody can say that", () => {
    const machine = aBalancer({ SLACK_SECRET: 'slack' });
    expect(machine.run(balancer).code).toBe(0);
    expect(readdirSync(machine.runDir)).toEqual(['keys']);
    machine.put('slack.AWSCURRENT', 'https://hooks.slack.com/services/x\n');
    const { code, env } = machine.run(balancer);
    expect([code, JSON.stringify(env).includes('hooks.slack.com')]).toEqual([0, false]);
    expect(readFileSync(join(machine.runDir, 'slack'), 'utf8')).toBe('https://hooks.slack.com/services/x\n');
    expect(statSync(join(machine.runDir, 'slack')).mode & 0o777).toBe(0o640);
  });

  it('is not put together from half of the secrets when AWS throttles', () => {
    const machine = aBalancer();
    machine.put('broken', '');
    const { code, stderr } = machine.run(balancer);
    expect(code).not.toBe(0);
    expect(stderr).toContain('ThrottlingException');
    expect(machine.read('parameter')).toBe('pending\n');
    expect(existsSync(machine.runDir)).toBe(false);
  });
});

describe('the environment of a node', () => {
  it('is one that the program takes', () => {
    const machine = aBalancer();
    machine.run(balancer);
    const game = aNode();
    game.put('parameter', `${machine.read('parameter')}\n`);
    const { code, env } = game.run(node);
    expect(code).toBe(0);
    expect(NodeEnv.parse(env)).toMatchObject({
      ...{ STACK: 'prod-realtime', CLUSTER: 'game', NODE_ID: 'i-0abc', PORT: 8080, CAPACITY: 200 },
      VERSION: 'abc123-ami-0def',
    });
    expect(env).not.toHaveProperty('REDIS_URL');
  });

  it('has the address of the registry where the node was given it', () => {
    const lobby = aNode({ REDIS_SECRET: 'redis', REDIS_ADDRESS: 'redis.example:6380' });
    lobby.put('parameter', 'a-key\n');
    lobby.put('redis.AWSCURRENT', `${A}4\n`);
    expect(lobby.run(node).env.REDIS_URL).toBe(`rediss://:${A}4@redis.example:6380`);
  });

  it('has the certificate and its key where it was given a secret with them, in one file', () => {
    const game = aNode({ CERTIFICATE_SECRET: 'tls' });
    game.put('parameter', 'a-key\n');
    game.put('tls.AWSCURRENT', `${JSON.stringify({ certificate: 'CERT\nCHAIN\n', privateKey: 'KEY\n' })}\n`);
    const { env } = game.run(node, { NODE: process.execPath });
    expect(env.TLS_CERT).toBe(join(game.runDir, 'tls.pem'));
    expect(readFileSync(join(game.runDir, 'tls.pem'), 'utf8')).toBe('CERT\nCHAIN\nKEY\n');
    game.put('tls.AWSCURRENT', '{"certificate":"CERT"}\n');
    const { code, stderr } = game.run(node, { NODE: process.execPath });
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining('certificate and privateKey')]);
    expect(readFileSync(join(game.runDir, 'tls.pem'), 'utf8')).toContain('KEY');
  });

  it('waits for the first balancer', () => {
    const game = aNode();
    game.put('parameter', 'pending\n');
    const { code, stderr } = game.run(node);
    expect(code).toBe(1);
    expect(stderr).toContain('no balancer has published its public key yet');
  });

  it('of a warm pool is only there when the node is in service: its program cannot start before', () => {
    const game = aNode({ WARM_POOL: 'yes' });
    game.put('parameter', 'a-key\n');
    for (const lifecycle of ['Warmed:Stopped\n', '']) {
      game.put('lifecycle', lifecycle);
      const { code, stderr } = game.run(node);
      expect([code, stderr]).toEqual([1, expect.stringContaining('not in service yet')]);
    }
    game.put('lifecycle', 'InService\n');
    expect(game.run(node).env).toMatchObject({ NODE_ID: 'i-0abc' });
  });
});
