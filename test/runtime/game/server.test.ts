import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { z } from 'zod';
import type { TicketRoom } from '../../../runtime/core/protocol/ticket';
import { createGameServer, type GameServerOptions } from '../../../runtime/game';
import { connectPlayer, nextEvent, TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';

let cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.reverse()) await end();
  cleanup = [];
});

async function start(options: Omit<GameServerOptions, 'agent'> & { graceMs?: number } = {}) {
  const { graceMs = 5_000, ...rest } = options;
  const balancer = new TestBalancer();
  const publicKeys = [balancer.publicKey];
  const server = await createGameServer({
    agent: { nodeId: 'game-1', cluster: 'game', version: 'v1', capacity: 1_000, publicKeys, graceMs },
    tickMs: 20,
    ...rest,
  });
  cleanup.push(server.stop);
  const url = `http://127.0.0.1:${server.port}`;
  const channel = await balancer.connect(url, 'game-1');
  cleanup.push(() => channel.close());
  const join = async (player: string, room: Partial<TicketRoom> | undefined) => {
    const over =
      room === undefined ? {} : { room: { id: 'r1', gen: 1, mode: 'battle', members: [...'abcd'], ...room } };
    const joined = await connectPlayer(url, { ticket: balancer.ticket(channel.hello, player, over) });
    cleanup.push(() => joined.socket.disconnect());
    return joined;
  };
  /** All four, in the room. */
  const four = async () => {
    const players = await Promise.all([...'abcd'].map((player) => join(player, {})));
    const complete = players.map(({ socket }) => completed(socket));
    for (const { socket } of players) socket.emit('CONNECT', { room_id: 'r1' });
    await Promise.all(complete);
    return players;
  };
  return { server, balancer, url, channel, join, four };
}

/** Resolves when this player has been told that the room is complete. */
function completed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('JOINED', (event: { complete: boolean }) => {
      if (event.complete) resolve();
    });
  });
}

const nextError = async (socket: Socket) => (await nextEvent<{ code: string }>(socket, 'ERROR')).code;

describe('a game node', () => {
  it('plays a room of four: join, move, leave, over; and the balancer sees it', async () => {
    const { channel, four } = await start();
    const [a, b, c, d] = await four();
    if (!a || !b || !c || !d) throw new Error('four players');
    expect(await channel.stats()).toMatchObject({
      sessions: 4,
      rooms: [{ roomId: 'r1', gen: 1, mode: 'battle', status: 'complete', members: [...'abcd'] }],
    });
    const seen = [a, b, c, d].map(({ socket }) => nextEvent(socket, 'STATE'));
    a.socket.emit('POSITION', { x: 1, y: 2 });
    for (const state of await Promise.all(seen)) {
      expect(state).toEqual({ room_id: 'r1', tick: expect.any(Number), positions: { a: { x: 1, y: 2 } } });
    }
    const left = nextEvent(b.socket, 'LEFT');
    a.socket.disconnect();
    expect(await left).toEqual({ room_id: 'r1', player: 'a' });
    for (const { socket } of [b, c, d]) socket.disconnect();
    await eventually('empty', async () => (await channel.stats()).sessions === 0);
    expect((await channel.stats()).rooms).toMatchObject([{ status: 'closed', reason: 'empty' }]);
  });

  it('keeps the place of a player who loses the connection, and takes it away after the grace time', async () => {
    const { server, url, four } = await start({ graceMs: 400 });
    const [a, b, c] = await four();
    if (!a || !b || !c) throw new Error('four players');
    const lefts: unknown[] = [];
    c.socket.on('LEFT', (event) => lefts.push(event));
    a.socket.io.engine.close();
    await eventually('lost', () => server.agent.connections === 3);
    const again = await connectPlayer(url, { resume: a.session.resume_token });
    cleanup.push(() => again.socket.disconnect());
    const refused = nextError(again.socket);
    again.socket.emit('POSITION', { x: 1, y: 1 });
    expect(await refused).toBe('NOT_IN_ROOM');
    const joined = nextEvent(again.socket, 'JOINED');
    again.socket.emit('CONNECT', { room_id: 'r1' });
    expect(await joined).toMatchObject({ player: 'a', present: [...'abcd'], complete: true });
    b.socket.io.engine.close();
    await eventually('b is gone', () => lefts.length > 0);
    expect(lefts).toEqual([{ room_id: 'r1', player: 'b' }]);
  });

  it('closes a room that is not complete in time, and then the connections that stay', async () => {
    const { join, server } = await start({ roomCompleteMs: 100, connectWithinMs: 200 });
    const { socket } = await join('a', {});
    const closed = nextEvent(socket, 'ROOM_CLOSED');
    const gone = nextEvent(socket, 'disconnect');
    socket.emit('CONNECT', { room_id: 'r1' });
    expect(await closed).toEqual({ room_id: 'r1', reason: 'incomplete' });
    expect(await gone).toBe('io server disconnect');
    await eventually('the session ends', () => server.agent.sessions === 0);
  });

  it('disconnects who does not enter a room', async () => {
    const { join, server } = await start({ connectWithinMs: 100 });
    const { socket } = await join('a', {});
    expect(await nextEvent(socket, 'disconnect')).toBe('io server disconnect');
    await eventually('the session ends', () => server.agent.sessions === 0);
  });

  it('closes the room that the balancer says lives elsewhere, and refuses what comes late for it', async () => {
    const { channel, four, join } = await start();
    const [a] = await four();
    if (!a) throw new Error('four players');
    const closed = nextEvent(a.socket, 'ROOM_CLOSED');
    await channel.order({ kind: 'closeRoom', roomId: 'r1', gen: 1 });
    expect(await closed).toEqual({ room_id: 'r1', reason: 'moved' });
    const late = await join('b', {});
    const told = nextEvent(late.socket, 'ROOM_CLOSED');
    late.socket.emit('CONNECT', { room_id: 'r1' });
    expect(await told).toEqual({ room_id: 'r1', reason: 'moved' });
    const back = await join('c', { gen: 2 });
    const joined = nextEvent(back.socket, 'JOINED');
    back.socket.emit('CONNECT', { room_id: 'r1' });
    expect(await joined).toMatchObject({ complete: false });
    const wrong = await join('d', { gen: 1 });
    wrong.socket.emit('CONNECT', { room_id: 'r1' });
    expect(await nextError(wrong.socket)).toBe('WRONG_ROOM');
  });

  it('never asks players in a room to move', async () => {
    const { channel, four, join } = await start();
    const players = await four();
    const outside = await join('e', { id: 'r2', members: ['e'] });
    const asked: string[] = [];
    for (const { socket } of players) socket.on('MOVE', () => asked.push('in a room'));
    const moved = nextEvent(outside.socket, 'MOVE');
    await channel.order({ kind: 'move', count: 5, withinMs: 20 });
    await moved;
    await channel.stats();
    expect(asked).toEqual([]);
  });
});

describe('bad input', () => {
  it('costs the sender an ERROR that says what is wrong, and nobody else anything', async () => {
    const { four, join } = await start({ maxMessagesPerSecond: 1_000 });
    const [a, b] = await four();
    if (!a || !b) throw new Error('four players');
    const others: unknown[] = [];
    b.socket.on('ERROR', (error) => others.push(error));
    const answers: [string, unknown[], string][] = [
      ['CONNECT', [], 'BAD_PAYLOAD'],
      ['CONNECT', [{ room_id: 7 }], 'BAD_PAYLOAD'],
      ['CONNECT', [{ room_id: 'x'.repeat(10_000) }], 'BAD_PAYLOAD'],
      ['CONNECT', [{ room_id: 'r1', more: 1 }], 'BAD_PAYLOAD'],
      ['CONNECT', [{ room_id: 'r2' }], 'WRONG_ROOM'],
      ['POSITION', [], 'BAD_PAYLOAD'],
      ['POSITION', ['here'], 'BAD_PAYLOAD'],
      ['POSITION', [{ x: 1 }], 'BAD_PAYLOAD'],
      ['POSITION', [{ x: 1, y: null }], 'BAD_PAYLOAD'],
      ['POSITION', [Buffer.from('x')], 'BAD_PAYLOAD'],
      ['POSITION', [() => undefined], 'BAD_PAYLOAD'],
      ['NOPE', [{}], 'BAD_PAYLOAD'],
      ['__proto__', [{}], 'BAD_PAYLOAD'],
      ['error', [{}], 'BAD_PAYLOAD'],
    ];
    for (const [event, args, code] of answers) {
      const answer = nextError(a.socket);
      a.socket.emit(event, ...args);
      expect(await answer).toBe(code);
    }
    const state = nextEvent(b.socket, 'STATE');
    a.socket.emit('POSITION', { x: 5, y: 5 });
    expect(await state).toMatchObject({ positions: { a: { x: 5, y: 5 } } });
    expect(others).toEqual([]);

    const roomless = await join('z', undefined);
    const answer = nextError(roomless.socket);
    roomless.socket.emit('CONNECT', { room_id: 'r1' });
    expect(await answer).toBe('WRONG_ROOM');
  });

  it.each([
    ['a message of 100 kB', (socket: Socket) => socket.emit('POSITION', { x: 'x'.repeat(100_000) })],
    ['a packet that is no packet', (socket: Socket) => socket.io.engine.write('9{"')],
    ['a reserved name', (socket: Socket) => socket.io.engine.write('2["disconnect"]')],
  ])('as gross as %s costs the connection, not the process', async (_, send) => {
    const { join, channel } = await start();
    const { socket } = await join('a', {});
    const gone = nextEvent(socket, 'disconnect');
    send(socket);
    await gone;
    await eventually('in the grace time', async () => {
      const stats = await channel.stats();
      return stats.connections === 0 && stats.sessions === 1;
    });
  });

  it('100 times too many: the surplus is dropped, the others go on, and the sender is thrown out', async () => {
    const { four, server } = await start({ maxMessagesPerSecond: 5 });
    const [a, b] = await four();
    if (!a || !b) throw new Error('four players');
    const errors: unknown[] = [];
    let states = 0;
    a.socket.on('ERROR', (error: { code: string }) => errors.push(error.code));
    b.socket.on('STATE', () => {
      states += 1;
    });
    const flood = setInterval(() => {
      for (let i = 0; i < 25; i++) a.socket.emit('POSITION', { x: i, y: i });
    }, 50);
    cleanup.push(() => clearInterval(flood));
    await nextEvent(a.socket, 'disconnect', 15_000);
    expect(new Set(errors)).toEqual(new Set(['RATE_LIMITED']));
    // At most one a second, and one for the end.
    expect(errors.length).toBeLessThanOrEqual(12);
    expect(states).toBeGreaterThan(0);
    await eventually('a is out', () => server.agent.sessions === 3);
    const state = nextEvent(b.socket, 'STATE');
    b.socket.emit('POSITION', { x: 1, y: 1 });
    await state;
  });
});

describe('the server', () => {
  it('runs any plug-in', async () => {
    const { join } = await start({
      plugin: {
        events: { ECHO: z.object({ text: z.string() }) },
        create: (room) => ({
          onMessage: (player, { payload }) => room.sendTo(player, 'ECHOED', { payload }),
        }),
      },
    });
    const { socket } = await join('a', { members: ['a'] });
    socket.emit('CONNECT', { room_id: 'r1' });
    const echoed = nextEvent(socket, 'ECHOED');
    socket.emit('ECHO', { text: 'hi' });
    expect(await echoed).toEqual({ payload: { text: 'hi' } });
  });

  it('says when its port is taken', async () => {
    const { server } = await start();
    await expect(start({ port: server.port })).rejects.toThrow('EADDRINUSE');
  });
});
