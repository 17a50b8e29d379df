import { type ChildProcess, fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { io as connect } from 'socket.io-client';
import { z } from 'zod';
import { newSecrets } from '../../runtime/local/secrets';
import { nodeServer, tlsFiles } from '../../runtime/node-server';
import { type SelfSigned, selfSigned } from '../support/certificate';
import { eventually } from '../support/eventually';
import { testStack } from '../support/redis';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const [first, second] = [selfSigned(['127.0.0.1']), selfSigned(['127.0.0.1'])];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'rf-tls-'));
  undo.push(() => rmSync(made, { recursive: true }));
  return made;
}

/** As the script of an instance does it: both in one file, which is there whole, or as it was. */
function write(file: string, { certificate, privateKey }: SelfSigned): void {
  writeFileSync(`${file}.new`, `${certificate}${privateKey}`);
  renameSync(`${file}.new`, file);
}

/** Starts one of our programs with its port announced. */
async function started(program: 'lobby' | 'balancer', env: Readonly<Record<string, string>>): Promise<number> {
  const child: ChildProcess = fork(join(__dirname, '../../runtime', program, 'main.ts'), {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', HOST: '127.0.0.1', PORT: '0', ...env },
  });
  undo.push(() => child.kill('SIGKILL'));
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${program} ended with code ${code}`)));
  });
  return z.object({ port: z.int() }).parse(message).port;
}

/** Which certificate a new connection is shown. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: [first.certificate, second.certificate] }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const fingerprint = ({ certificate }: SelfSigned) => new X509Certificate(certificate).fingerprint256;

it('a player connects by wss and stays while the certificate changes; who comes then sees the new one', async () => {
  const secrets = newSecrets();
  const stack = testStack();
  const files = folder();
  const pem = join(files, 'tls.pem');
  write(pem, first);
  const known = join(files, 'known.pem');
  writeFileSync(known, first.certificate + second.certificate);
  const shared = { STACK: stack, REDIS_URL: process.env.TEST_REDIS_URL ?? '' };
  const nodePort = await started('lobby', {
    ...shared,
    ...{ NODE_ID: 'n1', AGENT_PUBLIC_KEYS: secrets.agentPublicKeys, TLS_CERT: pem },
  });
  const endpoint = `https://127.0.0.1:${nodePort}`;
  const instances = [{ nodeId: 'n1', cluster: 'lobby', endpoint, zone: 'a', launchedAtMs: 1, state: 'running' }];
  const fleet = createServer((_, response) => response.end(JSON.stringify({ instances })));
  await new Promise<void>((resolve) => fleet.listen(0, '127.0.0.1', resolve));
  undo.push(
    () => fleet.closeAllConnections(),
    () => fleet.close(),
  );
  const apiPort = await started('balancer', {
    ...{ ...shared, BALANCER_ID: 'b1', CLUSTERS: 'lobby', API_KEYS: 'key', MASTER_KEYS: secrets.masterKeys },
    ...{ AGENT_PRIVATE_KEY: secrets.agentPrivateKey, NODE_EXTRA_CA_CERTS: known, POLL_MS: '200' },
    FLEET: `local:http://:t@127.0.0.1:${(fleet.address() as AddressInfo).port}`,
  });

  /** Somebody who trusts this certificate only. */
  const comes = async (playerId: string, { certificate: ca }: SelfSigned) => {
    const place = await eventually(
      `${playerId} is given a place`,
      async () => {
        const response = await fetch(`http://127.0.0.1:${apiPort}/v1/lobby`, {
          method: 'POST',
          headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
          body: JSON.stringify({ playerId }),
        });
        return (
          response.status === 200 && z.object({ endpoint: z.string(), ticket: z.string() }).parse(await response.json())
        );
      },
      30_000,
    );
    expect(place.endpoint).toBe(endpoint);
    const query = { ticket: place.ticket };
    const socket = connect(place.endpoint, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query,
      ca,
    });
    undo.push(() => socket.disconnect());
    await eventually(`${playerId} is connected`, () => socket.connected, 30_000);
    return socket;
  };

  const alice = await comes('alice', first);
  expect(await shown(nodePort)).toBe(fingerprint(first));
  write(pem, second);
  await eventually('the new one is shown', async () => (await shown(nodePort)) === fingerprint(second), 30_000);
  await comes('bob', second);
  expect(alice.connected).toBe(true);
  const answer: unknown = await alice.timeout(10_000).emitWithAck('ENTER', { mode: 'battle' });
  expect(answer).toEqual({ status: 'waiting' });
}, 180_000);

describe('the server of a node', () => {
  const log = { info: () => undefined, error: () => undefined };

  it('goes on with its certificate while the files are wrong or missing', async () => {
    const files = folder();
    const tls = { cert: join(files, 'cert'), key: join(files, 'key') };
    writeFileSync(tls.cert, first.certificate);
    writeFileSync(tls.key, first.privateKey);
    const faults: unknown[] = [];
    const { http, unfollow } = await nodeServer(() => undefined, tls, {
      ...log,
      error: (fault: unknown) => faults.push(fault),
    });
    undo.push(unfollow, () => http.close());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    writeFileSync(tls.cert, second.certificate);
    await eventually('the key of another is no key', () => faults.length > 0, 30_000);
    expect(await shown(port)).toBe(fingerprint(first));
    writeFileSync(tls.key, second.privateKey);
    await eventually('both are new', async () => (await shown(port)) === fingerprint(second), 30_000);
  }, 90_000);

  it('does not start with files that are none', async () => {
    const tls = { cert: join(folder(), 'none'), key: 'none' };
    await expect(nodeServer(() => undefined, tls, log)).rejects.toThrow(/^TLS_CERT, TLS_KEY: ENOENT/);
  });

  it('is configured by one file or by two', () => {
    expect(tlsFiles({})).toBeUndefined();
    expect(tlsFiles({ TLS_CERT: 'a' })).toEqual({ cert: 'a', key: 'a' });
    expect(tlsFiles({ TLS_CERT: 'a', TLS_KEY: 'b' })).toEqual({ cert: 'a', key: 'b' });
    expect(() => tlsFiles({ TLS_KEY: 'b' })).toThrow('TLS_KEY is set without TLS_CERT');
  });
});
