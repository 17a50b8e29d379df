import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from 'pino';
import { io as connect } from 'socket.io-client';
import { agentProbes } from '../../../../runtime/balancer/watch/agent-probe';
import type { Probe } from '../../../../runtime/balancer/watch/probe';
import { AGENT_NAMESPACE, AGENT_PROTOCOL } from '../../../../runtime/core/protocol/agent';
import { AgentClaims, type TicketClaims } from '../../../../runtime/core/protocol/ticket';
import { parseMasterKeys } from '../../../../runtime/tickets/keys';
import { NodeTokens } from '../../../../runtime/tickets/node-tokens';
import { ed25519Verifier } from '../../../../runtime/tickets/tokens';
import { eventually } from '../../../support/eventually';
import { instance, keptLog, realNode, silentLog, socketServer } from '../support';

const pair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const masterKeys = parseMasterKeys(randomBytes(32).toString('hex'));
const keys = { masterKeys, agentKeys: [pair.privateKey] };
const tokens = new NodeTokens(masterKeys);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function open(nodeId: string, endpoint: string, options: { log?: Logger; onLost?: () => void } = {}): Probe {
  const probes = agentProbes({ balancerId: 'b1', keys: () => keys, log: options.log ?? silentLog });
  const probe = probes({ ...instance(nodeId, endpoint), endpoint }, options.onLost ?? (() => undefined));
  undo.push(() => probe.close());
  return probe;
}

async function node(nodeId: string, options: Parameters<typeof realNode>[2] = {}) {
  const started = await realNode(nodeId, pair.publicKey, options);
  undo.push(() => started.stop());
  return started;
}

/** A server whose agent channel answers whatever it is told to. */
async function oddNode(answers: Readonly<Record<string, unknown>>) {
  const { io, url, port } = await socketServer();
  undo.push(() => io.close());
  const asked: string[] = [];
  io.of(AGENT_NAMESPACE).on('connection', (socket) => {
    asked.push(String(socket.handshake.query.agent));
    socket.onAny((event: string, ...args: unknown[]) => {
      const acknowledge = args.at(-1);
      if (typeof acknowledge === 'function' && event in answers) acknowledge(answers[event]);
    });
  });
  return { io, url, port, asked };
}

const HELLO = { v: AGENT_PROTOCOL, nodeId: 'n1', startId: 's1', cluster: 'game', version: 'v1', capacity: 100 };
const STATS = {
  ...{ ...HELLO, phase: 'open', epoch: 0, connections: 0, sessions: 0, loopDelayMs: 1, rssBytes: 1 },
  ...{ cursor: 1, full: false, arrivals: [], rooms: [] },
};

function ticket(nodeId: string, startId: string, playerId: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { jti: playerId, rid: `rid-${playerId}`, sub: playerId, aud: nodeId, st: startId, iat, exp: iat + 30 };
  return tokens.signTicket(claims satisfies TicketClaims);
}

async function join(url: string, nodeId: string, startId: string, playerId: string): Promise<void> {
  const query = { ticket: ticket(nodeId, startId, playerId) };
  const socket = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
  undo.push(() => socket.disconnect());
  await eventually(`${playerId} is connected`, () => socket.connected);
}

describe('a probe of a real node', () => {
  it('brings the keys, counts players, tells each arrival once, and everything again when asked', async () => {
    const { url, agent } = await node('n1');
    const probe = open('n1', url);
    expect(await probe.poll(5_000)).toMatchObject({ nodeId: 'n1', sessions: 0, arrivals: [], full: true });
    expect(probe.hello).toMatchObject({ nodeId: 'n1', startId: agent.startId, capacity: 100 });
    await join(url, 'n1', agent.startId, 'p1');
    expect(await probe.poll(5_000)).toMatchObject({ sessions: 1, connections: 1, arrivals: ['rid-p1'], full: false });
    expect(await probe.poll(5_000)).toMatchObject({ sessions: 1, arrivals: [] });
    probe.resync();
    expect(await probe.poll(5_000)).toMatchObject({ arrivals: ['rid-p1'], full: true });
  });

  it('gives orders', async () => {
    const { url, agent } = await node('n1');
    const probe = open('n1', url);
    const reply = await probe.order({ v: AGENT_PROTOCOL, kind: 'drain', epoch: 5 }, 5_000);
    expect(reply).toEqual({ ok: true, phase: 'draining', sessions: 0 });
    expect(agent.phase).toBe('draining');
    const old = await probe.order({ v: AGENT_PROTOCOL, kind: 'undrain', epoch: 4 }, 5_000);
    expect(old).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
  });

  it('notices a broken channel, and asks the next start from the beginning', async () => {
    const first = await node('n1');
    let lost = 0;
    const probe = open('n1', first.url, { onLost: () => (lost += 1) });
    await probe.poll(5_000);
    await join(first.url, 'n1', first.agent.startId, 'p1');
    await probe.poll(5_000);
    await first.stop();
    await eventually('the loss is noticed', () => lost === 1);
    expect(probe.hello).toBeNull();
    await expect(probe.poll(50)).rejects.toThrow(/broke|cannot connect/);
    const second = await node('n1', { port: first.port });
    const reply = await eventually('it is back', () => probe.poll(500).catch(() => null), 10_000);
    expect(reply).toMatchObject({ startId: second.agent.startId, full: true, arrivals: [] });
    expect(lost).toBe(1);
  });

  it('finds a node that comes up later', async () => {
    const { port } = await node('other');
    await undo.pop()?.();
    const probe = open('n1', `http://127.0.0.1:${port}`);
    await expect(probe.poll(100)).rejects.toThrow(/ECONNREFUSED/);
    await node('n1', { port });
    expect(await eventually('it answers', () => probe.poll(500).catch(() => null), 10_000)).toMatchObject({
      nodeId: 'n1',
    });
  });

  it('closes for good', async () => {
    const { url, io } = await node('n1');
    const probe = open('n1', url);
    await probe.poll(5_000);
    const waiting = open('n2', 'http://127.0.0.1:1').poll(5_000);
    undo.pop()?.();
    await expect(waiting).rejects.toThrow('closed');
    probe.close();
    await eventually('the connection is gone', () => io.engine.clientsCount === 0);
    await expect(probe.poll(1_000)).rejects.toThrow('closed');
    await expect(probe.order({ v: AGENT_PROTOCOL, kind: 'drain', epoch: 1 }, 1_000)).rejects.toThrow('closed');
  });
});

describe('a node that is not what it should be', () => {
  it.each([
    ['another node', { nodeId: 'n2' }, /says to be n2 of game, the fleet lists n1 of game/],
    ['another cluster', { cluster: 'lobby' }, /says to be n1 of lobby/],
    ['another protocol', { v: 2 }, /"hello" is not usable: v/],
  ])('is refused when it says to be of %s', async (_what, over, reason) => {
    const { url, asked } = await oddNode({ hello: { ...HELLO, ...over }, keys: { ok: true }, stats: STATS });
    const probe = open('n1', url);
    await eventually('it was asked', () => asked.length > 0);
    await expect(probe.poll(300)).rejects.toThrow(reason);
    expect(probe.hello).toBeNull();
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /"stats" is not usable/],
    ['text', 'ok', /"stats" is not usable/],
    ['a negative count', { ...STATS, sessions: -1 }, /sessions/],
    ['a refusal', { error: { code: 'INTERNAL', message: 'it broke' } }, /it broke/],
    ['another node', { ...STATS, nodeId: 'n9' }, /speaks for n9/],
    ['another start', { ...STATS, startId: 's9' }, /start s9/],
  ])('has not answered when it answers stats with %s', async (_what, stats, reason) => {
    const { url } = await oddNode({ hello: HELLO, keys: { ok: true }, stats });
    const { log, lines } = keptLog();
    const probe = open('n1', url, { log });
    for (let poll = 0; poll < 3; poll += 1) await expect(probe.poll(5_000)).rejects.toThrow(reason);
    expect(lines.filter(({ msg }) => reason.test(msg))).toHaveLength(1);
  });

  it('does not answer at all: the poll ends with its time limit', async () => {
    const { url } = await oddNode({ hello: HELLO, keys: { ok: true } });
    const probe = open('n1', url);
    await eventually('the channel is open', () => probe.hello);
    await expect(probe.poll(100)).rejects.toThrow();
  });

  it('gets a fresh token with each connection, also when it throws the balancer out', async () => {
    const { url, io, asked } = await oddNode({ hello: HELLO, keys: { ok: true }, stats: STATS });
    const verify = ed25519Verifier([pair.publicKey], AgentClaims);
    const probe = open('n1', url);
    await probe.poll(5_000);
    for (const socket of await io.of(AGENT_NAMESPACE).fetchSockets()) socket.disconnect(true);
    await eventually('it is asked again', () => asked.length === 2, 10_000);
    const [first, second] = asked.map((token) => verify(token));
    if (!first?.ok || !second?.ok) throw new Error('both tokens are valid');
    // One who was thrown out waits a second at least, so that the two differ.
    expect(second.claims.iat).toBeGreaterThan(first.claims.iat);
    expect(second.claims).toMatchObject({ sub: 'b1', aud: 'n1', exp: second.claims.iat + 30 });
    expect(await eventually('it answers', () => probe.poll(500).catch(() => null), 10_000)).toMatchObject({
      nodeId: 'n1',
    });
  });

  it('refuses the balancer: the poll says so', async () => {
    const { publicKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const stranger = await realNode('n1', publicKey);
    undo.push(() => stranger.stop());
    await expect(open('n1', stranger.url).poll(400)).rejects.toThrow(/cannot connect.*403/);
  });
});
