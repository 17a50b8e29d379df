import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { io as connect, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { startBalancer } from '../../../runtime/balancer/balancer';
import { BalancerEnv } from '../../../runtime/balancer/env';
import { agentProbes } from '../../../runtime/balancer/watch/agent-probe';
import { parseMasterKeys } from '../../../runtime/tickets/keys';
import { peek } from '../../../runtime/tickets/tokens';
import { eventually } from '../../support/eventually';
import { testStack } from '../../support/redis';
import { instance, keptLog, ListedFleet, type RealNode, realNode, silentLog } from './support';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** One generation of all keys. */
function generation(number: number) {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { ...pair, master: randomBytes(32).toString('hex'), api: `api-key-${number}` };
}
type Generation = ReturnType<typeof generation>;

/** The variables of these generations, newest first. */
function variables(...generations: readonly Generation[]): Record<string, string> {
  const all = (of: (generation: Generation) => string) => generations.map(of).join(',');
  return {
    MASTER_KEYS: all(({ master }) => master),
    AGENT_PRIVATE_KEY: all(({ privateKey }) => Buffer.from(privateKey).toString('base64')),
    API_KEYS: all(({ api }) => api),
  };
}

/** As the script of an instance does it: the file is there whole, or as it was. */
function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

const lines = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

interface TestedBalancer {
  readonly file: string;
  ask(path: string, apiKey: string, body?: object): Promise<{ status: number; text: string }>;
}

/** A balancer that watches the node as the lobby, with its keys in a file. */
async function balancer(id: string, stack: string, node: RealNode, keys: Generation, log = silentLog) {
  const folder = mkdtempSync(join(tmpdir(), 'rf-keys-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys');
  write(file, lines(variables(keys)));
  const env = BalancerEnv.parse({
    ...{ STACK: stack, BALANCER_ID: id, CLUSTERS: 'lobby', HOST: '127.0.0.1', PORT: '0', KEYS_FILE: file },
    ...{ REDIS_URL: process.env.TEST_REDIS_URL, FLEET: 'local:http://:t@127.0.0.1:1', TICKET_TTL_MS: '600000' },
    // The file counts.
    ...variables(generation(0)),
  });
  const fleet = new ListedFleet([instance('n1', node.url, { cluster: 'lobby' })]);
  const started = await startBalancer({ ...env, FLEET: fleet, POLL_MS: 100 }, log);
  undo.push(() => started.stop());
  const ask: TestedBalancer['ask'] = async (path, apiKey, body) => {
    const response = await fetch(`http://127.0.0.1:${started.port}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  return { file, ask };
}

const Ticket = z.object({ ticket: z.string() });
let players = 0;

/** A place for somebody new; waits while there is none. */
function join_({ ask }: TestedBalancer, apiKey: string): Promise<string> {
  players += 1;
  const playerId = `p${players}`;
  return eventually(
    'a place is given',
    async () => {
      const { status, text } = await ask('/v1/lobby', apiKey, { playerId });
      return status === 200 && Ticket.parse(JSON.parse(text)).ticket;
    },
    30_000,
  );
}

/** Why the node refuses the ticket, or the player who is in. */
async function enter(node: RealNode, ticket: string): Promise<string | Socket> {
  const socket = connect(node.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    query: { ticket },
  });
  undo.push(() => socket.disconnect());
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', () => resolve('refused'));
  });
}

/** The key that a ticket is signed with. */
const kid = (ticket: string) => peek(ticket)?.kid;
const kidOf = ({ master }: Generation) => parseMasterKeys(master)[0]?.kid;

it('changes every key under connected players: nobody is dropped or refused; what is two generations old is refused', async () => {
  const [first, second, third] = [generation(1), generation(2), generation(3)];
  const node = await realNode('n1', first.publicKey, { cluster: 'lobby' });
  undo.push(() => node.stop());
  const stack = testStack();
  const a = await balancer('a', stack, node, first);
  const b = await balancer('b', stack, node, first);
  const alice = await enter(node, await join_(a, first.api));
  if (typeof alice === 'string') throw new Error(alice);
  const unused = [await join_(a, first.api), await join_(b, first.api)] as const;

  /** Somebody joins by each of the balancers, again and again. */
  let changing = true;
  const refused: string[] = [];
  const comers = (async () => {
    while (changing) {
      for (const each of [a, b]) {
        const entered = await enter(node, await join_(each, first.api));
        if (typeof entered === 'string') refused.push(entered);
        else entered.disconnect();
      }
    }
  })();
  const signsWith = (each: TestedBalancer, keys: Generation) =>
    eventually(
      'tickets are signed with the new key',
      async () => kid(await join_(each, keys.api)) === kidOf(keys),
      30_000,
    );
  const takes = ({ ask }: TestedBalancer, keys: Generation) =>
    eventually('the new key is taken', async () => (await ask('/v1/clusters', keys.api)).status === 200, 30_000);

  // The second one learns of it a while later, and what the node was given by the first is not taken back by it.
  for (const each of [a, b]) {
    write(each.file, lines(variables(second, first)));
    await takes(each, second);
    await signsWith(each, second);
  }
  changing = false;
  await comers;
  expect(refused).toEqual([]);
  expect(typeof (await enter(node, unused[0]))).toBe('object');

  for (const each of [a, b]) {
    write(each.file, lines(variables(third, second)));
    await signsWith(each, third);
  }
  expect(await enter(node, unused[1])).toBe('refused');
  expect((await a.ask('/v1/clusters', first.api)).status).toBe(401);
  expect((await a.ask('/v1/clusters', second.api)).status).toBe(200);

  const probe = (keys: Generation) => {
    const of = { masterKeys: parseMasterKeys(keys.master), agentKeys: [keys.privateKey] };
    const opened = agentProbes({ balancerId: 'b', keys: () => of, log: silentLog })(
      { ...instance('n1', node.url, { cluster: 'lobby' }), endpoint: node.url },
      () => undefined,
    );
    undo.push(() => opened.close());
    return opened.poll(2_000).then(
      () => 'let in',
      () => 'refused',
    );
  };
  expect([await probe(first), await probe(third)]).toEqual(['refused', 'let in']);
  expect(alice.connected).toBe(true);
}, 120_000);

it('brings the new keys to a node that was out of reach while they changed', async () => {
  const [first, second] = [generation(1), generation(2)];
  const before = await realNode('n1', first.publicKey, { cluster: 'lobby' });
  const a = await balancer('a', testStack(), before, first);
  await join_(a, first.api);
  const { port } = before;
  await before.stop();
  write(a.file, lines(variables(second, first)));
  await eventually(
    'the new key is taken',
    async () => (await a.ask('/v1/clusters', second.api)).status === 200,
    30_000,
  );
  // It knows the older key only.
  const after = await realNode('n1', first.publicKey, { cluster: 'lobby', port });
  undo.push(() => after.stop());
  const signed = async () => kid(await join_(a, second.api)) === kidOf(second);
  await eventually('tickets are signed with the new key', signed, 30_000);
}, 120_000);

it('keeps its keys while the file is wrong or missing, and says so once', async () => {
  const [first, second] = [generation(1), generation(2)];
  const node = await realNode('n1', first.publicKey, { cluster: 'lobby' });
  undo.push(() => node.stop());
  const { log, lines: logged } = keptLog();
  const a = await balancer('a', testStack(), node, first, log);
  const complaints = () => logged.filter(({ msg }) => msg.startsWith('the keys file is not usable'));
  for (const [count, content] of [
    [1, lines({ ...variables(second), MASTER_KEYS: 'short' })],
    [2, lines({ API_KEYS: second.api })],
  ] as const) {
    write(a.file, content);
    await eventually('it says so', () => complaints().length === count, 30_000);
  }
  rmSync(a.file);
  await eventually('it says so', () => complaints().length === 3, 30_000);
  expect((await a.ask('/v1/clusters', first.api)).status).toBe(200);
  expect((await a.ask('/v1/clusters', second.api)).status).toBe(401);
}, 120_000);
