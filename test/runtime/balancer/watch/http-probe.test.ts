import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAgent } from '../../../../runtime/agent';
import { type HttpProbeOptions, httpProbes } from '../../../../runtime/balancer/watch/http-probe';
import { AGENT_PROTOCOL } from '../../../../runtime/core/protocol/agent';
import { parseMasterKeys } from '../../../../runtime/tickets/keys';
import { NodeTokens } from '../../../../runtime/tickets/node-tokens';
import { eventually } from '../../../support/eventually';
import { instance, keptLog, silentLog } from '../support';

const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const masterKeys = parseMasterKeys(randomBytes(32).toString('hex'));
const keys = { masterKeys, agentKeys: [privateKey] };
const tokens = new NodeTokens(masterKeys);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function open(endpoint: string, over: Partial<HttpProbeOptions> = {}) {
  const probes = httpProbes({ balancerId: 'b1', keys: () => keys, log: silentLog, ...over });
  const probe = probes({ ...instance('n1', endpoint, { cluster: 'tcp' }), endpoint }, () => undefined);
  undo.push(() => probe.close());
  return probe;
}

/** A node whose questions are asked at a port of its own; returns how to stop it. */
async function node(port = 0, nodeId = 'n1') {
  const agent = createAgent({ nodeId, cluster: 'tcp', version: 'v1', capacity: 10, publicKeys: [publicKey] });
  agent.questions.listen(port, '127.0.0.1');
  await once(agent.questions, 'listening');
  const taken = (agent.questions.address() as AddressInfo).port;
  const stop = async () => {
    agent.stop();
    agent.questions.closeAllConnections();
    if (agent.questions.listening) await new Promise((resolve) => agent.questions.close(resolve));
  };
  undo.push(stop);
  const join = (playerId: string) => {
    const iat = Math.floor(Date.now() / 1_000);
    const claims = { jti: playerId, rid: `rid-${playerId}`, sub: playerId, aud: nodeId, st: agent.startId };
    const ticket = tokens.signTicket({ ...claims, iat, exp: iat + 30 });
    return agent.join({ ticket }, { replaced: () => undefined, move: () => undefined });
  };
  return { agent, port: taken, url: `http://127.0.0.1:${taken}`, stop, join };
}

/** A server that answers whatever it is told to, or never. */
async function oddNode(answer: (path: string) => { status?: number; body: string; location?: string } | null) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const told = answer(request.url ?? '');
    if (told === null) return;
    if (told.location !== undefined) response.setHeader('location', told.location);
    response.writeHead(told.status ?? 200).end(told.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('a probe over HTTP, while keys change', () => {
  const newer = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const both = {
    masterKeys: [...parseMasterKeys(randomBytes(32).toString('hex')), ...masterKeys],
    agentKeys: [newer.privateKey, privateKey],
  };

  it('brings them with the next poll, which no node misses', async () => {
    const { url } = await node();
    let now = keys;
    const delivered: unknown[] = [];
    const probe = open(url, { keys: () => now, onDelivered: (_, of) => delivered.push(of) });
    await probe.poll(2_000);
    now = both;
    for (const _ of [1, 2]) await probe.poll(2_000);
    expect(delivered).toEqual([keys, both]);
    // The other balancer may not have them yet.
    const other = open(url, { balancerId: 'b2', keys: () => keys });
    expect(await other.poll(2_000)).toMatchObject({ nodeId: 'n1' });
  });

  it('is let in at the second go by a node that knows the older key only', async () => {
    const { url } = await node();
    const probe = open(url, { keys: () => both });
    await expect(probe.poll(2_000)).rejects.toThrow('token');
    expect(await probe.poll(2_000)).toMatchObject({ nodeId: 'n1' });
  });
});

describe('a probe over HTTP', () => {
  it('brings the keys, counts players, tells each arrival once, and everything again when asked', async () => {
    const { url, agent, join } = await node();
    const probe = open(url);
    expect(await probe.poll(5_000)).toMatchObject({ nodeId: 'n1', sessions: 0, full: true });
    expect(probe.hello).toMatchObject({ nodeId: 'n1', startId: agent.startId, capacity: 10 });
    expect(join('p1').ok).toBe(true);
    expect(await probe.poll(5_000)).toMatchObject({ sessions: 1, arrivals: ['rid-p1'], full: false });
    expect(await probe.poll(5_000)).toMatchObject({ sessions: 1, arrivals: [] });
    probe.resync();
    expect(await probe.poll(5_000)).toMatchObject({ arrivals: ['rid-p1'], full: true });
  });

  it('gives orders, and shows the epoch of the owner', async () => {
    const { url, agent } = await node();
    const seen: number[] = [];
    const fencing = { epoch: () => 9, seen: (_: string, epoch: number) => void seen.push(epoch) };
    const probe = open(url, { fencing });
    await probe.poll(5_000);
    expect(seen).toEqual([9]);
    const old = await probe.order({ v: AGENT_PROTOCOL, kind: 'drain', epoch: 8 }, 5_000);
    expect(old).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    const order = await probe.order({ v: AGENT_PROTOCOL, kind: 'drain', epoch: 9 }, 5_000);
    expect(order).toEqual({ ok: true, phase: 'draining', sessions: 0 });
    expect(agent.phase).toBe('draining');
  });

  it('asks at another port than the players are sent to, whatever the scheme of the endpoint', async () => {
    const { port } = await node();
    expect(await open('tcp://127.0.0.1:9', { port }).poll(5_000)).toMatchObject({ nodeId: 'n1' });
  });

  it('introduces itself to the next start of the node, and asks it from the beginning', async () => {
    const first = await node();
    const probe = open(first.url);
    await probe.poll(5_000);
    await first.stop();
    await expect(probe.poll(1_000)).rejects.toThrow(/cannot ask "stats"/);
    expect(probe.hello).toBeNull();
    const second = await node(first.port);
    const reply = await eventually('it is back', () => probe.poll(1_000).catch(() => null));
    expect(reply).toMatchObject({ startId: second.agent.startId, full: true });
    expect(second.join('p1').ok).toBe(true);
  });

  it('hears nothing of a node that hangs within the time limit, nor after it was closed', async () => {
    const { url } = await oddNode(() => null);
    const probe = open(url);
    await expect(probe.poll(50)).rejects.toThrow('no answer to "hello" in time');
    const pending = probe.poll(60_000);
    probe.close();
    await expect(pending).rejects.toThrow('the probe is closed');
    await expect(probe.poll(50)).rejects.toThrow('the probe is closed');
  });

  it('takes no other node for this one', async () => {
    const { url } = await node(0, 'n2');
    await expect(open(url).poll(1_000)).rejects.toThrow(/signed for this node/);
    const { url: lying } = await oddNode(() => ({
      body: JSON.stringify({ v: 1, nodeId: 'n1', startId: 's', cluster: 'other', version: '', capacity: 1 }),
    }));
    await expect(open(lying).poll(1_000)).rejects.toThrow(/n1 of other, the fleet lists n1 of tcp/);
  });

  it.each(['', 'nonsense', '[]', '{"v":1}', '{"v":2,"nodeId":"n1"}', 'null'])(
    'counts the answer %j as none',
    async (body) => {
      const { log, lines } = keptLog();
      const { url } = await oddNode(() => ({ body }));
      await expect(open(url, { log }).poll(1_000)).rejects.toThrow(/hello/);
      expect(lines.map(({ subject }) => subject)).toEqual(['n1']);
    },
  );

  it('shows its token to nobody that the node points to', async () => {
    const elsewhere = await oddNode(() => ({ body: '{}' }));
    const { url } = await oddNode((path) => ({ status: 307, body: '', location: `${elsewhere.url}${path}` }));
    await expect(open(url).poll(1_000)).rejects.toThrow(/cannot ask "hello"/);
    expect(elsewhere.asked).toEqual([]);
  });
});
