import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Chat, startChat } from '../../examples/chat/server';
import { type AgentChannel, connectPlayer, nextEvent, TestBalancer } from '../support/agent-client';
import { eventually } from '../support/eventually';

describe('a chat server that is not ours, with an agent', () => {
  const balancer = new TestBalancer();
  let chat: Chat;
  let url: string;
  let channel: AgentChannel;
  const join = (player: string) =>
    connectPlayer(url, { ticket: balancer.ticket(channel.hello, player, { rid: `rid-${player}` }) });

  beforeAll(async () => {
    chat = await startChat({
      nodeId: 'chat-1',
      cluster: 'chat',
      version: 'v1',
      capacity: 1_000,
      publicKeys: [balancer.publicKey],
    });
    url = `http://127.0.0.1:${chat.port}`;
    channel = await balancer.connect(url, 'chat-1');
  });
  afterAll(async () => {
    channel.close();
    await chat.close();
  });

  it('lets players with tickets chat, counts them, and is drained and sealed when they have left', async () => {
    expect(channel.hello).toMatchObject({ nodeId: 'chat-1', cluster: 'chat' });
    await expect(connectPlayer(url, {})).rejects.toThrow();

    const players = ['alice', 'bob', 'carol'];
    const sockets = (await Promise.all(players.map(join))).map(({ socket }) => socket);
    const [alice, ...others] = sockets;
    const heard = sockets.map((socket) => nextEvent(socket, 'SAID'));
    alice?.emit('SAY', { text: 'hello' });
    expect(await Promise.all(heard)).toEqual(players.map(() => ({ from: 'alice', text: 'hello' })));

    const stats = await channel.stats();
    expect(stats).toMatchObject({ connections: 3, sessions: 3, rooms: [] });
    expect([...stats.arrivals].sort()).toEqual(players.map((player) => `rid-${player}`));

    expect(await channel.order({ kind: 'drain' })).toMatchObject({ ok: true, sessions: 3 });
    const moved = others.map((socket) => nextEvent(socket, 'MOVE'));
    alice?.disconnect();
    await eventually('two are left', async () => (await channel.stats()).sessions === 2);
    expect(await channel.order({ kind: 'seal' })).toMatchObject({ ok: false, code: 'NOT_EMPTY' });
    await channel.order({ kind: 'move', count: 2, withinMs: 50 });
    await Promise.all(moved);
    for (const socket of others) socket.disconnect();
    await eventually('empty', async () => (await channel.stats()).sessions === 0);
    expect(await channel.order({ kind: 'seal' })).toMatchObject({ ok: true, phase: 'sealed' });
    await expect(join('late')).rejects.toThrow();
  });
});
