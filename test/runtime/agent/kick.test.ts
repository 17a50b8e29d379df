import { afterEach, describe, expect, it } from '@jest/globals';
import { AGENT_PROTOCOL, OrderReply } from '../../../runtime/core/protocol/agent';
import { type AgentChannel, connectPlayer, nextEvent } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { startNode, type TestNode } from './support';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function ready(): Promise<{ node: TestNode; channel: AgentChannel; ended: string[] }> {
  const node = await startNode();
  undo.push(() => node.close());
  const channel = await node.balancer.connect(node.url, 'node-1');
  undo.push(() => channel.close());
  const ended: string[] = [];
  node.agent.onSessionEnd((playerId, reason) => ended.push(`${playerId} ${reason}`));
  return { node, channel, ended };
}

async function kick(channel: AgentChannel, playerId: string): Promise<OrderReply> {
  return OrderReply.parse(await channel.ask('order', { v: AGENT_PROTOCOL, kind: 'kick', playerId }));
}

describe('a kick', () => {
  it('ends the session of a player who is there, who is told why; others stay', async () => {
    const { node, channel, ended } = await ready();
    const players = await Promise.all(
      ['ann', 'ben'].map(async (playerId) => {
        const player = await connectPlayer(node.url, { ticket: node.balancer.ticket(channel.hello, playerId) });
        undo.push(() => player.socket.disconnect());
        return player.socket;
      }),
    );
    const [ann, ben] = players;
    if (ann === undefined || ben === undefined) throw new Error('two players are expected');
    const told = nextEvent(ann, 'ERROR', 30_000);
    expect(await kick(channel, 'ann')).toEqual({ ok: true, phase: 'open', sessions: 1, kicked: true });
    expect(await told).toMatchObject({ code: 'KICKED' });
    await eventually('the connection is closed', () => ann.disconnected, 30_000);
    expect([ended, ben.connected]).toEqual([['ann kicked'], true]);
    expect(await kick(channel, 'ann')).toMatchObject({ ok: true, kicked: false });
  });

  it('ends a session within its grace time: its resume token is void', async () => {
    const { node, channel, ended } = await ready();
    const { socket, session } = await connectPlayer(node.url, {
      ticket: node.balancer.ticket(channel.hello, 'ann'),
    });
    socket.io.engine.close();
    await eventually('the connection is lost', () => node.agent.connections === 0, 30_000);
    expect(await kick(channel, 'ann')).toMatchObject({ kicked: true, sessions: 0 });
    await expect(connectPlayer(node.url, { resume: session.resume_token })).rejects.toThrow();
    expect(ended).toEqual(['ann kicked']);
  });

  it('is taken from any balancer, whatever epoch an owner has shown', async () => {
    const { channel } = await ready();
    await channel.order({ kind: 'drain' }, 99);
    expect(await kick(channel, 'nobody')).toMatchObject({ ok: true, phase: 'draining', kicked: false });
    expect(await channel.ask('order', { v: AGENT_PROTOCOL, kind: 'kick' })).toMatchObject({ code: 'INVALID' });
  });
});

describe('word of a maintenance', () => {
  it('is passed on once, and that of who knows less is not believed', async () => {
    const { node, channel } = await ready();
    const heard: unknown[] = [];
    node.agent.onMaintenance(({ on, untilMs }) => heard.push([on, untilMs]));
    const tell = (rev: number, on: boolean, untilMs: number | null = null) =>
      channel.ask('stats', { v: AGENT_PROTOCOL, cursor: 0, maintenance: { rev, on, untilMs } });
    await tell(1, false);
    for (let time = 0; time < 2; time += 1) await tell(3, true, 5);
    await tell(2, false);
    await tell(4, true, 5);
    await tell(5, false);
    expect(heard).toEqual([
      [true, 5],
      [false, null],
    ]);
  });
});
