import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Server } from 'socket.io';
import { io as connectIo, type Socket } from 'socket.io-client';
import { attachAgent, type SessionEndReason } from '../../../runtime/agent';
import { type AgentChannel, connectPlayer, nextEvent, TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { handshake, startNode, type TestNode } from './support';

let cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.reverse()) await end();
  cleanup = [];
});

async function start(options: Parameters<typeof startNode>[0] = {}) {
  const node = await startNode(options);
  cleanup.push(node.close);
  const channel = await node.balancer.connect(node.url, 'node-1');
  cleanup.push(() => channel.close());
  const ended: [string, SessionEndReason][] = [];
  node.agent.onSessionEnd((...end) => ended.push(end));
  return { node, channel, ended };
}

async function join(node: TestNode, channel: AgentChannel, player: string) {
  const joined = await connectPlayer(node.url, { ticket: node.balancer.ticket(channel.hello, player) });
  cleanup.push(() => joined.socket.disconnect());
  return joined;
}

/** Cuts the line without a word, as a tunnel does. */
const cut = (socket: Socket) => socket.io.engine.close();

describe('a session', () => {
  it('outlives its connection for the grace time and is resumed', async () => {
    const { node, channel, ended } = await start({ graceMs: 5_000 });
    const { socket, session } = await join(node, channel, 'alice');
    expect(session.grace_ms).toBe(5_000);
    cut(socket);
    await eventually('lost', () => node.agent.connections === 0);
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 0 });

    const seen: boolean[] = [];
    node.io.on('connection', (it) => seen.push(node.agent.session(it).resumed));
    const again = await connectPlayer(node.url, { resume: session.resume_token });
    expect(seen).toEqual([true]);
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
    expect(ended).toEqual([]);
    again.socket.disconnect();
    await eventually('ended', () => ended.length > 0);
    expect(ended).toEqual([['alice', 'left']]);
    await expect(connectPlayer(node.url, { resume: again.session.resume_token })).rejects.toThrow('websocket error');
  });

  it('ends when the grace time is over', async () => {
    const { node, channel, ended } = await start({ graceMs: 100 });
    const { socket, session } = await join(node, channel, 'alice');
    cut(socket);
    await eventually('expired', () => ended.length > 0);
    expect(ended).toEqual([['alice', 'expired']]);
    expect(await channel.stats()).toMatchObject({ sessions: 0, connections: 0 });
    await expect(connectPlayer(node.url, { resume: session.resume_token })).rejects.toThrow();
  });

  it('has a resume token that is void once the client has the next one', async () => {
    const { node, channel } = await start({ server: { pingInterval: 50, pingTimeout: 2_000 } });
    const { socket, session } = await join(node, channel, 'alice');
    cut(socket);
    const second = await connectPlayer(node.url, { resume: session.resume_token });
    expect(second.session.resume_token).not.toBe(session.resume_token);
    const answered = nextEvent(second.socket, 'after a heartbeat');
    node.io.of('/').sockets.forEach((socket) => {
      socket.conn.once('heartbeat', () => setImmediate(() => socket.emit('after a heartbeat')));
    });
    await answered;
    expect(await handshake(node.port, `resume=${session.resume_token}`)).toEqual({
      status: 403,
      message: 'RESUME_INVALID',
    });
    expect(second.socket.connected).toBe(true);
    second.socket.disconnect();
  });

  it('ends at once when the server disconnects the player, and the connection with it', async () => {
    const { node, channel, ended } = await start();
    node.io.on('connection', (socket) => socket.on('kick me', () => socket.disconnect()));
    const { socket } = await join(node, channel, 'alice');
    socket.emit('kick me');
    await eventually('ended', () => ended.length > 0);
    expect(ended).toEqual([['alice', 'closed']]);
    await eventually('closed', () => node.io.engine.clientsCount === 1);
  });

  it('is of the connection, however many namespaces the client enters', async () => {
    const { node, channel, ended } = await start({ before: (io) => io.of('/chat') });
    node.io.of('/later');
    const { socket, session } = await join(node, channel, 'alice');
    const chat = socket.io.socket('/chat');
    const later = socket.io.socket('/later');
    const sessionsTold: unknown[] = [];
    for (const it of [chat, later]) it.on('SESSION', (event) => sessionsTold.push(event));
    await Promise.all([chat, later].map((it) => nextEvent(it, 'connect')));
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
    expect([session.grace_ms, sessionsTold]).toEqual([15_000, []]);
    socket.disconnect();
    await nextEvent(chat, 'disconnect', 300).catch(() => undefined);
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
    chat.disconnect();
    later.disconnect();
    await eventually('ended', () => ended.length > 0);
    expect(ended).toEqual([['alice', 'left']]);
  });
});

describe('the same player again', () => {
  it.each(['ticket', 'resume'] as const)('with a %s replaces the older connection', async (by) => {
    const { node, channel, ended } = await start();
    const first = await join(node, channel, 'alice');
    const told = nextEvent<{ code: string }>(first.socket, 'ERROR');
    const gone = nextEvent(first.socket, 'disconnect');
    const query: Record<string, string> =
      by === 'ticket'
        ? { ticket: node.balancer.ticket(channel.hello, 'alice') }
        : { resume: first.session.resume_token };
    const second = await connectPlayer(node.url, query);
    expect((await told).code).toBe('REPLACED');
    expect(await gone).toBe('io server disconnect');
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
    expect(ended).toEqual([]);
    second.socket.disconnect();
    await eventually('ended', () => ended.length > 0);
  });

  it('is one session, however often and however fast it comes', async () => {
    const { node, channel } = await start();
    const { cursor } = await channel.stats();
    const tickets = Array.from({ length: 20 }, () => node.balancer.ticket(channel.hello, 'alice'));
    const sockets = tickets.map((ticket) =>
      connectIo(node.url, { transports: ['websocket'], forceNew: true, reconnection: false, query: { ticket } }),
    );
    await eventually('all have arrived', async () => (await channel.stats(cursor)).arrivals.length === 20);
    await eventually('one is left', () => sockets.filter((socket) => socket.connected).length === 1);
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
    for (const socket of sockets) socket.disconnect();
    await eventually('gone', () => node.agent.sessions === 0);
  });
});

describe('namespaces', () => {
  it('are apart: agents enter /agent only, players all others', async () => {
    const { node, channel } = await start({ before: (io) => io.of('/chat') });
    const { socket } = await join(node, channel, 'alice');
    const asAgent = socket.io.socket('/agent');
    expect(await nextEvent<Error>(asAgent, 'connect_error')).toMatchObject({ message: 'UNAUTHORIZED' });
    node.io.of(/^\/room-\d+$/);
    for (const name of ['/', '/chat', '/room-1']) {
      const asPlayer = channel.socket.io.socket(name);
      expect(await nextEvent<Error>(asPlayer, 'connect_error')).toMatchObject({ message: 'UNAUTHORIZED' });
      asPlayer.disconnect();
    }
    expect(await channel.stats()).toMatchObject({ sessions: 1, connections: 1 });
  });

  it('of the server keep their middleware and handlers', async () => {
    const { node, channel } = await start();
    node.io.use((socket, next) => {
      next(node.agent.session(socket).playerId === 'mallory' ? new Error('banned') : undefined);
    });
    await expect(join(node, channel, 'mallory')).rejects.toThrow('banned');
    await join(node, channel, 'alice');
  });
});

describe('attachAgent', () => {
  it('says what is missing', async () => {
    const publicKeys = [new TestBalancer().publicKey];
    const options = { nodeId: 'n', cluster: 'c', version: 'v', capacity: 1, publicKeys };
    expect(() => attachAgent(new Server(), options)).toThrow('give socket.io its http server first');
    const io = new Server(createServer());
    expect(() => attachAgent(io, { ...options, capacity: 0, cluster: 'a b', publicKeys: ['x'] })).toThrow(
      /cluster: .*capacity: .*publicKeys: /,
    );
    const agent = attachAgent(io, options);
    expect(() => attachAgent(io, options)).toThrow('/agent is taken');
    agent.stop();
    await io.close();
  });
});
