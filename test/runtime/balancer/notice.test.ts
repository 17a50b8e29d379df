import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { z } from 'zod';
import { startBalancer } from '../../../runtime/balancer/balancer';
import { BalancerEnv } from '../../../runtime/balancer/env';
import { connectPlayer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { testStack } from '../../support/redis';
import { startNode } from '../agent/support';
import { instance, ListedFleet, silentLog } from './support';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const Place = z.object({ endpoint: z.string(), ticket: z.string() });

it('a node with a Spot notice gets nobody any more, and its players are asked to move', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'rf-leaving-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const leavingFile = join(folder, 'leaving');
  const shared = { cluster: 'lobby', publicKeys: [publicKey], graceMs: 1_000 };
  const spot = await startNode({ ...shared, nodeId: 'spot', leavingFile });
  const other = await startNode({ ...shared, nodeId: 'other' });
  undo.push(
    () => spot.close(),
    () => other.close(),
  );
  const env = BalancerEnv.parse({
    ...{ STACK: testStack(), BALANCER_ID: 'b1', CLUSTERS: 'lobby', HOST: '127.0.0.1', PORT: '0', POLL_MS: '100' },
    ...{ REDIS_URL: process.env.TEST_REDIS_URL, FLEET: 'local:http://:t@127.0.0.1:1', API_KEYS: 'key' },
    ...{ MASTER_KEYS: randomBytes(32).toString('hex'), SCALING: '{"lobby":{"minimum":1}}' },
    AGENT_PRIVATE_KEY: Buffer.from(privateKey).toString('base64'),
  });
  const fleet = new ListedFleet([
    instance('spot', spot.url, { cluster: 'lobby' }),
    instance('other', other.url, { cluster: 'lobby' }),
  ]);
  const { port, stop } = await startBalancer({ ...env, FLEET: fleet }, silentLog);
  undo.push(stop);
  const ask = async (path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  let players = 0;
  const place = () =>
    eventually(
      'a place is given',
      async () => {
        players += 1;
        const { status, text } = await ask('/v1/lobby', { playerId: `p${players}` });
        return status === 200 && Place.parse(JSON.parse(text));
      },
      30_000,
    );
  const places = await Promise.all(Array.from({ length: 40 }, place));
  const moves: unknown[] = [];
  for (const { endpoint, ticket } of places) {
    const { socket } = await connectPlayer(endpoint, { ticket });
    undo.push(() => socket.disconnect());
    socket.on('MOVE', (move) => moves.push(move));
  }
  expect(spot.agent.sessions).toBeGreaterThan(10);

  writeFileSync(leavingFile, '{"action":"terminate"}');
  await eventually('it drains', () => spot.agent.phase === 'draining', 30_000);
  const endpoints = await Promise.all([place(), place(), place()]);
  expect(endpoints.map(({ endpoint }) => endpoint)).toEqual([other.url, other.url, other.url]);
  await eventually('the first is asked to move', () => moves.length > 0, 30_000);
}, 150_000);
