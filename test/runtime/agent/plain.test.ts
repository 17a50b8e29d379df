import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type AgentOptions, createAgent, type Joined, type PlainConnection } from '../../../runtime/agent';
import { StatsReply } from '../../../runtime/core/protocol/agent';
import { TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';

const balancer = new TestBalancer();

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function plainNode(over: Partial<AgentOptions> = {}) {
  const agent = createAgent({
    ...{ nodeId: 'n1', cluster: 'tcp', version: 'v1', capacity: 10, publicKeys: [balancer.publicKey], graceMs: 50 },
    ...over,
  });
  undo.push(() => agent.stop());
  return agent;
}

type TestNode = ReturnType<typeof plainNode>;

/** Asks over HTTP as a balancer does. */
async function channel(agent: TestNode) {
  agent.questions.listen(0, '127.0.0.1');
  await once(agent.questions, 'listening');
  undo.push(() => {
    agent.questions.closeAllConnections();
    agent.questions.close();
  });
  const { port } = agent.questions.address() as AddressInfo;
  const post = async (path: string, body: string, token = balancer.agentToken('n1')) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
    return { status: response.status, body: await response.json() };
  };
  const ask = async (question: string, payload: object) => {
    const { status, body } = await post(`/agent/${question}`, JSON.stringify({ v: 1, ...payload }));
    expect(status).toBe(200);
    return body;
  };
  const stats = async (cursor = 0) => StatsReply.parse(await ask('stats', { cursor }));
  return { post, ask, stats };
}

class Connection implements PlainConnection {
  readonly heard: string[] = [];
  replaced(): void {
    this.heard.push('replaced');
  }
  move(afterMs: number): void {
    this.heard.push(`move ${afterMs}`);
  }
}

function joined(
  agent: TestNode,
  shown: { ticket: string } | { resume: string },
  connection = new Connection(),
): Joined {
  const joining = agent.join(shown, connection);
  if (!joining.ok) throw new Error(joining.code);
  return joining.player;
}

function code(agent: TestNode, shown: { ticket: string } | { resume: string }): string {
  const joining = agent.join(shown, new Connection());
  return joining.ok ? 'let in' : joining.code;
}

/** A node that has its keys, so that it takes players. */
async function readyNode(over: Partial<AgentOptions> = {}) {
  const agent = plainNode(over);
  const asked = await channel(agent);
  await asked.ask('keys', balancer.keysFor(agent));
  const ticket = (player: string) => balancer.ticket(agent, player, { rid: `rid-${player}` });
  return { agent, ticket, ...asked };
}

describe('a server with a protocol of its own', () => {
  it('lets players in by ticket, once each, and counts them', async () => {
    const { agent, ticket, stats } = await readyNode();
    const shown = ticket('ann');
    expect(joined(agent, { ticket: shown })).toMatchObject({ playerId: 'ann', resumed: false, graceMs: 50 });
    expect(code(agent, { ticket: shown })).toBe('TICKET_USED');
    expect(code(agent, { ticket: balancer.ticket({ ...agent, nodeId: 'n2' }, 'bob') })).toBe('WRONG_NODE');
    expect(code(agent, { ticket: 'forged' })).toBe('TICKET_INVALID');
    expect(code(agent, { ticket: '' })).toBe('TICKET_INVALID');
    expect(await stats()).toMatchObject({ connections: 1, sessions: 1, arrivals: ['rid-ann'], full: true });
  });

  it('closes the connection of a player whom an operator kicks, in its own words or as a replaced one', async () => {
    const { agent, ticket, ask } = await readyNode();
    const [ann, ben] = [new Connection(), Object.assign(new Connection(), { kicked: () => ben.heard.push('kicked') })];
    joined(agent, { ticket: ticket('ann') }, ann);
    joined(agent, { ticket: ticket('ben') }, ben);
    for (const playerId of ['ann', 'ben', 'cyd']) {
      expect(await ask('order', { kind: 'kick', playerId })).toMatchObject({ kicked: playerId !== 'cyd' });
    }
    expect([ann.heard, ben.heard, agent.sessions]).toEqual([['replaced'], ['kicked'], 0]);
  });

  it('refuses everybody until it has its keys', () => {
    const agent = plainNode();
    expect(code(agent, { ticket: balancer.ticket(agent, 'ann') })).toBe('NOT_READY');
  });

  it('keeps the session of a lost connection for the grace time, and lets the player resume', async () => {
    const { agent, ticket } = await readyNode({ graceMs: 60_000 });
    const first = joined(agent, { ticket: ticket('ann') });
    first.lost();
    expect([agent.connections, agent.sessions]).toEqual([0, 1]);
    const second = joined(agent, { resume: first.resumeToken });
    expect(second).toMatchObject({ playerId: 'ann', resumed: true });
    expect([agent.connections, agent.sessions]).toEqual([1, 1]);
    second.confirm();
    expect(code(agent, { resume: first.resumeToken })).toBe('RESUME_INVALID');
    expect(code(agent, { resume: 'made up' })).toBe('RESUME_INVALID');
  });

  it('ends the session when the grace time is over, or when the player leaves', async () => {
    const { agent, ticket } = await readyNode();
    const ended: string[] = [];
    agent.onSessionEnd((playerId, reason) => ended.push(`${playerId} ${reason}`));
    joined(agent, { ticket: ticket('ann') }).lost();
    const bob = joined(agent, { ticket: ticket('bob') });
    bob.leave('left');
    bob.leave('closed');
    bob.lost();
    expect(ended).toEqual(['bob left']);
    await eventually('the grace time is over', () => agent.sessions === 0);
    expect(ended).toEqual(['bob left', 'ann expired']);
  });

  it('gives a session to the newest connection; what the older one does counts nothing', async () => {
    const { agent, ticket } = await readyNode();
    const connection = new Connection();
    const older = joined(agent, { ticket: ticket('ann') }, connection);
    joined(agent, { ticket: ticket('ann') });
    expect(connection.heard).toEqual(['replaced']);
    older.lost();
    older.leave('left');
    expect([agent.connections, agent.sessions]).toEqual([1, 1]);
  });

  it('is drained, asks players to move, and is sealed once it is empty', async () => {
    const { agent, ticket, ask } = await readyNode();
    const connection = new Connection();
    const ann = joined(agent, { ticket: ticket('ann') }, connection);
    const late = ticket('late');
    expect(await ask('order', { kind: 'drain', epoch: 7 })).toEqual({ ok: true, phase: 'draining', sessions: 1 });
    expect(await ask('order', { kind: 'seal', epoch: 7 })).toMatchObject({ ok: false, code: 'NOT_EMPTY' });
    expect(await ask('order', { kind: 'undrain', epoch: 6 })).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    await ask('order', { kind: 'move', epoch: 7, count: 1, withinMs: 10 });
    await eventually('she is asked to move', () => connection.heard.includes('move 10'));
    ann.leave('left');
    expect(await ask('order', { kind: 'seal', epoch: 7 })).toEqual({ ok: true, phase: 'sealed', sessions: 0 });
    expect(code(agent, { ticket: late })).toBe('NODE_SEALED');
  });

  it('reports what the server measures; what is no number is left out', async () => {
    const metrics = { queue: 3, 'Not A Name': 1, broken: Number.NaN };
    const { stats } = await readyNode({ metrics: () => metrics });
    expect((await stats()).metrics).toEqual({ cpu: expect.any(Number), queue: 3 });
    const failing = () => {
      throw new Error('no');
    };
    const other = await readyNode({ metrics: failing });
    expect((await other.stats()).metrics).toEqual({ cpu: expect.any(Number) });
  });
});

describe('the questions over HTTP', () => {
  it('are for balancers only', async () => {
    const { post } = await readyNode();
    const refused = { status: 401, body: { error: { code: 'UNAUTHORIZED', message: expect.any(String) } } };
    expect(await post('/agent/hello', '', 'forged')).toEqual(refused);
    expect(await post('/agent/hello', '', balancer.agentToken('n2'))).toEqual(refused);
    expect(await post('/agent/hello', '', new TestBalancer().agentToken('n1'))).toEqual(refused);
    expect(await post('/agent/hello', '')).toMatchObject({ status: 200, body: { nodeId: 'n1', cluster: 'tcp' } });
  });

  it('answers what it does not understand with what is wrong', async () => {
    const { post } = await readyNode();
    expect(await post('/agent/else', '{}')).toMatchObject({ status: 404 });
    expect(await post('/agent/stats', '{')).toMatchObject({ status: 400, body: { error: { code: 'INVALID' } } });
    expect(await post('/agent/stats', 'x'.repeat(20_000))).toMatchObject({ status: 413 });
    const { status, body } = await post('/agent/stats', '{"v":1,"cursor":"no"}');
    expect(status).toBe(200);
    expect(body).toEqual({ error: { code: 'INVALID', message: expect.stringContaining('cursor') } });
    expect((await post('/agent/order', '{"v":1}')).body).toMatchObject({ ok: false, code: 'INVALID' });
  });
});

it('refuses options that cannot be right, naming each', () => {
  expect(() => createAgent({ nodeId: '', cluster: 'tcp', version: 'v1', capacity: 0, publicKeys: [] })).toThrow(
    /createAgent: nodeId: .*; capacity: .*; publicKeys: /,
  );
});
