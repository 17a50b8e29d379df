import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { io as connectIo } from 'socket.io-client';
import { deriveNodeKey } from '../../../runtime/tickets/keys';
import { signer } from '../../../runtime/tickets/tokens';
import { type AgentChannel, connectPlayer, TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { handshake, startNode, type TestNode } from './support';

const forbidden = (message: string) => ({ status: 403, message });

describe('a handshake', () => {
  let node: TestNode;
  let channel: AgentChannel;
  const ticket = (...[player, over]: [string, Parameters<TestBalancer['ticket']>[2]?]) =>
    node.balancer.ticket(channel.hello, player, over);

  beforeAll(async () => {
    node = await startNode({ graceMs: 200 });
    channel = await node.balancer.connect(node.url, 'node-1');
  });
  afterAll(async () => {
    channel.close();
    await node.close();
  });

  it.each(['websocket', 'polling'] as const)(
    'without a ticket is refused before the upgrade (%s)',
    async (transport) => {
      expect(await handshake(node.port, '', transport)).toEqual(forbidden('TICKET_REQUIRED'));
      expect(await handshake(node.port, 'sid=', transport)).toEqual(forbidden('TICKET_REQUIRED'));
    },
  );

  it('with a good ticket is admitted once', async () => {
    const good = ticket('alice');
    expect((await handshake(node.port, `ticket=${good}`)).status).toBe(101);
    expect(await handshake(node.port, `ticket=${good}`)).toEqual(forbidden('TICKET_USED'));
    expect(await handshake(node.port, `ticket=${good}`, 'polling')).toEqual(forbidden('TICKET_USED'));
  });

  it('is refused with a forged, expired or foreign ticket, and the answer says which', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const refusals: [string, string][] = [
      [new TestBalancer().ticket(channel.hello, 'mallory'), 'TICKET_INVALID'],
      [ticket('late', { exp: now - 1 }), 'TICKET_EXPIRED'],
      [node.balancer.ticket({ ...channel.hello, nodeId: 'node-2' }, 'lost'), 'WRONG_NODE'],
      [node.balancer.ticket({ ...channel.hello, startId: 'earlier' }, 'lost'), 'WRONG_NODE'],
      // Signed with this node's key, but for another: what a broken-into node could do.
      [ticket('lost', { aud: 'node-2' }), 'WRONG_NODE'],
      [ticket('lost', { st: 'earlier' }), 'WRONG_NODE'],
      [ticket('no such id!'), 'TICKET_INVALID'],
    ];
    // A match token is signed with the node's other key; as a ticket it is worth nothing.
    const [master] = node.balancer.masterKeys;
    if (master === undefined) throw new Error('a master key is expected');
    const matchKey = deriveNodeKey(master, 'match', 'node-1', channel.hello.startId);
    const claims = { jti: 'j', rid: 'r', sub: 'x', aud: 'node-1', st: channel.hello.startId, iat: now, exp: now + 30 };
    refusals.push([signer(matchKey)(claims), 'TICKET_INVALID']);
    for (const [token, code] of refusals) {
      expect(await handshake(node.port, `ticket=${token}`)).toEqual(forbidden(code));
    }
  });

  it('with hostile queries is refused and harms nobody', async () => {
    const good = ticket('bob');
    const queries = [
      'ticket=',
      'ticket=x',
      'ticket[]=x',
      'ticket[toString]=x',
      '__proto__=x&ticket=%00',
      `ticket=${'a'.repeat(5_000)}`,
      'resume=',
      `resume=${'a'.repeat(5_000)}`,
      'resume=__proto__',
      'agent=x',
      'agent=',
      'ticket=%E0%A4%A',
      `ticket=${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`,
      // Two credentials at once are refused, good ones too: nobody may choose which is read.
      `ticket=${good}&ticket=${good}`,
      `ticket=${good}&resume=x`,
      `ticket=${good}&agent=x`,
    ];
    for (const query of queries) expect((await handshake(node.port, query)).status).toBe(403);
    expect((await handshake(node.port, `${'x'.repeat(20_000)}=1`)).status).toBe(431);
    expect((await handshake(node.port, `ticket=${good}`)).status).toBe(101);
  });

  it('that never becomes a connection is a session until the grace time is over, and the seat arrives', async () => {
    const before = node.agent.sessions;
    const { cursor } = await channel.stats();
    // engine.io refuses the protocol version, after the ticket was accepted.
    const good = ticket('ghost', { rid: 'rid-ghost' });
    expect((await handshake(node.port, `EIO=3&ticket=${good}`, 'polling')).status).toBe(400);
    expect(node.agent.sessions).toBe(before + 1);
    const stats = await channel.stats(cursor);
    expect(stats.arrivals).toEqual(['rid-ghost']);
    await eventually('the ghost is gone', async () => (await channel.stats()).sessions === 0);
    expect((await channel.stats()).arrivals).toEqual([]);
  });

  it('of an agent needs a token for this node from a balancer', async () => {
    const other = new TestBalancer();
    for (const token of [
      node.balancer.agentToken('node-2'),
      other.agentToken('node-1'),
      node.balancer.agentToken('node-1', -1),
    ]) {
      expect(await handshake(node.port, `agent=${token}`)).toEqual(forbidden('UNAUTHORIZED'));
    }
    expect((await handshake(node.port, `agent=${node.balancer.agentToken('node-1')}`)).status).toBe(101);
  });

  it('over long-polling may upgrade to a WebSocket without another ticket', async () => {
    const socket = connectIo(node.url, {
      transports: ['polling', 'websocket'],
      forceNew: true,
      reconnection: false,
      query: { ticket: ticket('poller') },
    });
    await eventually('upgraded', () => socket.io.engine?.transport.name === 'websocket');
    expect(node.agent.connections).toBe(1);
    socket.disconnect();
    await eventually('gone', () => node.agent.sessions === 0);
  });
});

describe('a node', () => {
  it('refuses players until a balancer has brought the keys', async () => {
    const node = await startNode();
    const channel = await node.balancer.connect(node.url, 'node-1', { keys: false });
    const ticket = node.balancer.ticket(channel.hello, 'alice');
    expect(await handshake(node.port, `ticket=${ticket}`)).toEqual(forbidden('NOT_READY'));
    expect(node.agent.matchSigner()).toBeNull();
    await channel.ask('keys', node.balancer.keysFor(channel.hello));
    expect(node.agent.matchSigner()).toEqual(node.balancer.keysFor(channel.hello).match[0]);
    const { socket } = await connectPlayer(node.url, { ticket });
    socket.disconnect();
    channel.close();
    await node.close();
  });

  it("keeps the server's own allowRequest, which is asked before a ticket is used up", async () => {
    let allow = false;
    const node = await startNode({
      server: { allowRequest: (_, decided) => setImmediate(() => decided(allow ? null : 'CLOSED TODAY', allow)) },
    });
    expect(await handshake(node.port, 'ticket=x', 'polling')).toEqual(forbidden('CLOSED TODAY'));
    allow = true;
    const channel = await node.balancer.connect(node.url, 'node-1');
    const ticket = node.balancer.ticket(channel.hello, 'alice');
    allow = false;
    expect((await handshake(node.port, `ticket=${ticket}`)).status).not.toBe(101);
    allow = true;
    const { socket } = await connectPlayer(node.url, { ticket });
    socket.disconnect();
    channel.close();
    await node.close();
  });

  it('admits nobody once the agent is stopped', async () => {
    const node = await startNode();
    const channel = await node.balancer.connect(node.url, 'node-1');
    const ticket = node.balancer.ticket(channel.hello, 'alice');
    node.agent.stop();
    expect(await handshake(node.port, `ticket=${ticket}`)).toEqual(forbidden('NODE_SEALED'));
    channel.close();
    await node.close();
  });
});
