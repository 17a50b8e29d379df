import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TcpPlayer } from '../../examples/tcp/client';
import { startTcpServer, type TcpServer } from '../../examples/tcp/server';
import { StatsReply } from '../../runtime/core/protocol/agent';
import { TestBalancer } from '../support/agent-client';
import { eventually } from '../support/eventually';

describe('a server over raw TCP', () => {
  const balancer = new TestBalancer();
  let server: TcpServer;
  const players: TcpPlayer[] = [];
  beforeEach(async () => {
    server = await startTcpServer({
      ...{ nodeId: 'tcp-1', cluster: 'tcp', version: 'v1', capacity: 100, graceMs: 60_000 },
      publicKeys: [balancer.publicKey],
    });
    await ask('keys', balancer.keysFor(server.agent));
  });
  afterEach(async () => {
    for (const player of players.splice(0)) player.drop();
    await server.stop();
  });

  async function ask(question: string, payload: object) {
    const response = await fetch(`http://127.0.0.1:${server.port}/agent/${question}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${balancer.agentToken('tcp-1')}` },
      body: JSON.stringify({ v: 1, ...payload }),
    });
    return response.json();
  }

  async function enter(first: string): Promise<TcpPlayer> {
    const player = new TcpPlayer(`tcp://127.0.0.1:${server.port}`, first);
    players.push(player);
    await eventually('an answer', () => player.heard.length > 0 || player.ended !== null);
    return player;
  }

  it('serves players and balancers on one port', async () => {
    const ticket = balancer.ticket(server.agent, 'ann', { rid: 'rid-ann' });
    const ann = await enter(`TICKET ${ticket}`);
    expect(ann.heard).toEqual([expect.stringMatching(/^HELLO ann \S+ 60000$/)]);
    ann.work('one');
    ann.work('two');
    await eventually('both are done', () => ann.heard.length === 3);
    expect(ann.heard.slice(1)).toEqual(['DONE one', 'DONE two']);
    const stats = { connections: 1, sessions: 1, arrivals: ['rid-ann'], metrics: { queue: 0 } };
    expect(await ask('stats', { cursor: 0 })).toMatchObject(stats);

    expect((await enter(`TICKET ${ticket}`)).heard).toEqual([expect.stringMatching(/^ERROR TICKET_USED /)]);
    ann.bye();
    await eventually('she has left', () => server.agent.sessions === 0);
  });

  it('keeps the session of a player whose connection broke, who then resumes', async () => {
    const first = await enter(`TICKET ${balancer.ticket(server.agent, 'ann')}`);
    first.drop();
    await eventually('the connection is gone', () => server.agent.connections === 0);
    expect(server.agent.sessions).toBe(1);
    const second = await enter(`RESUME ${first.resumeToken}`);
    expect(second.heard[0]).toMatch(/^HELLO ann /);
    expect([server.agent.connections, server.agent.sessions]).toEqual([1, 1]);
    const third = await enter(`TICKET ${balancer.ticket(server.agent, 'ann')}`);
    await eventually('the older one is closed', () => second.ended !== null);
    expect(second.heard.at(-1)).toMatch(/^ERROR REPLACED /);
    expect([third.ended, server.agent.sessions]).toEqual([null, 1]);
  });

  it.each([
    '',
    'TICKET',
    'TICKET forged',
    'RESUME forged',
    'WORK now',
    'GET / HTTP/1.1',
    '\u0000\u0001\u0002\u0003\u0004',
  ])('refuses who begins with %j', async (first) => {
    const stranger = await enter(`${first}\n\n\n\n\n`);
    await eventually('the connection is closed', () => stranger.ended === 'refused');
    expect(server.agent.sessions).toBe(0);
  });

  it('is not impressed by lines without end', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('x'.repeat(100_000));
    socket.resume();
    await closed;
    expect((await enter(`TICKET ${balancer.ticket(server.agent, 'ann')}`)).heard[0]).toMatch(/^HELLO ann /);
  });

  it('reports the length of its queue', async () => {
    const ann = await enter(`TICKET ${balancer.ticket(server.agent, 'ann')}`);
    for (let i = 0; i < 200; i++) ann.work(String(i));
    const queue = async () => Number(StatsReply.parse(await ask('stats', { cursor: 0 })).metrics?.queue) > 50;
    expect(await eventually('the queue is seen', queue)).toBe(true);
  });
});
