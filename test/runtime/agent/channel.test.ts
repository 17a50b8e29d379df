import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import { type AgentChannel, connectPlayer, nextEvent } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { handshake, startNode, type TestNode } from './support';

const report = (roomId: string, over: Partial<RoomReport> = {}): RoomReport => ({
  roomId,
  gen: 1,
  mode: 'battle',
  status: 'forming',
  members: ['a', 'b'],
  ...over,
});

describe('the agent channel', () => {
  let node: TestNode;
  let one: AgentChannel;
  let two: AgentChannel;
  const rooms: RoomReport[] = [];
  const closed: [string, number][] = [];
  const cannotMove = new Set<string>();
  const join = async (player: string, rid: string) =>
    (await connectPlayer(node.url, { ticket: node.balancer.ticket(one.hello, player, { rid }) })).socket;

  beforeAll(async () => {
    node = await startNode({
      graceMs: 5_000,
      rooms: { reports: () => rooms, close: (...room) => closed.push(room) },
      canMove: (player) => !cannotMove.has(player),
    });
    one = await node.balancer.connect(node.url, 'node-1');
    two = await node.balancer.connect(node.url, 'node-1');
  });
  afterAll(async () => {
    one.close();
    two.close();
    await node.close();
  });

  it('says who the node is', () => {
    const { startId } = node.agent;
    expect(one.hello).toEqual({ v: 1, nodeId: 'node-1', startId, cluster: 'test', version: 'v1', capacity: 100 });
  });

  it('tells each poller what is new to it, and everything to one that starts over', async () => {
    let first = await one.stats();
    const second = await two.stats();
    expect([first.full, second.full]).toEqual([true, true]);

    const alice = await join('alice', 'rid-a');
    first = await one.stats(first.cursor);
    expect(first).toMatchObject({ full: false, arrivals: ['rid-a'], sessions: 1, connections: 1, rooms: [] });
    expect((await one.stats(first.cursor)).arrivals).toEqual([]);

    const bob = await join('bob', 'rid-b');
    node.agent.roomChanged(report('r1'));
    rooms.push(report('r1', { status: 'complete' }), report('r0', { status: 'closed', reason: 'empty' }));
    node.agent.roomChanged(report('r1', { status: 'complete' }));
    expect(await one.stats(first.cursor)).toMatchObject({ arrivals: ['rid-b'], rooms: [{ status: 'complete' }] });
    expect((await two.stats(second.cursor)).arrivals).toEqual(['rid-a', 'rid-b']);
    // The same cursor again: an answer may have been lost on the way.
    expect((await two.stats(second.cursor)).arrivals).toEqual(['rid-a', 'rid-b']);

    alice.disconnect();
    await eventually('left', () => node.agent.sessions === 1);
    const full = await two.stats(0);
    expect(full).toMatchObject({ full: true, arrivals: ['rid-b'], rooms });
    expect((await two.stats(full.cursor + 1)).full).toBe(true);
    bob.disconnect();
    await eventually('left', () => node.agent.sessions === 0);
  });

  it('reports figures of the process, and a blocked event loop', async () => {
    const stats = await one.stats();
    expect(stats.rssBytes).toBeGreaterThan(1e6);
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        const until = performance.now() + 300;
        while (performance.now() < until);
        resolve();
      });
    });
    await eventually('the delay shows', async () => (await one.stats()).loopDelayMs > 150);
    await eventually('and passes', async () => (await one.stats()).loopDelayMs < 150);
  });

  it.each([
    ['keys', {}],
    ['keys', { v: 1, ticket: [], match: [] }],
    ['stats', { v: 2, cursor: 0 }],
    ['stats', { v: 1, cursor: -1 }],
    ['stats', 'x'],
    ['stats', null],
  ])('answers a bad %s with what is wrong: %j', async (event, payload) => {
    expect(await one.ask(event, payload)).toMatchObject({ error: { code: 'INVALID', message: expect.anything() } });
  });

  it.each([{}, null, { v: 1, kind: 'explode', epoch: 1 }, { v: 1, kind: 'drain' }, { v: 1, kind: 'drain', epoch: -1 }])(
    'answers a bad order with what is wrong: %j',
    async (payload) => {
      expect(await one.ask('order', payload)).toMatchObject({ ok: false, code: 'INVALID' });
    },
  );

  it('does nothing for requests that want no answer', async () => {
    for (const event of ['hello', 'keys', 'stats', 'order']) one.socket.emit(event).emit(event, { v: 1 });
    one.socket.emit('order', { v: 1, kind: 'drain', epoch: 1 });
    expect((await one.stats()).phase).toBe('open');
  });

  it('hands the order to close a room to the server', async () => {
    expect(await one.order({ kind: 'closeRoom', roomId: 'r1', gen: 2 })).toMatchObject({ ok: true });
    expect(closed).toEqual([['r1', 2]]);
  });

  it('asks as many players to move as it was told, but none that cannot', async () => {
    const asked: string[] = [];
    const sockets = await Promise.all(['a', 'b', 'c', 'd'].map((player) => join(player, `move-${player}`)));
    for (const [i, socket] of sockets.entries()) socket.on('MOVE', () => asked.push('abcd'.charAt(i)));
    cannotMove.add('a').add('b');
    await one.order({ kind: 'move', count: 1, withinMs: 10 });
    await eventually('one is asked', () => asked.length > 0);
    expect(['c', 'd']).toContain(asked[0]);
    await one.order({ kind: 'move', count: 100, withinMs: 100 });
    await eventually('the other too', () => new Set(asked).size === 2);
    expect(new Set(asked)).toEqual(new Set(['c', 'd']));
    for (const socket of sockets) socket.disconnect();
    await eventually('left', () => node.agent.sessions === 0);
  });

  it('drains, opens again, and seals for ever: tickets issued before are honoured until then', async () => {
    const phases: string[] = [];
    node.agent.onPhase((phase) => phases.push(phase));
    const early = node.balancer.ticket(one.hello, 'early');
    expect(await one.order({ kind: 'drain' }, 5)).toEqual({ ok: true, phase: 'draining', sessions: 0 });
    expect(await two.order({ kind: 'undrain' }, 4)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(await two.order({ kind: 'undrain' }, 6)).toMatchObject({ ok: true, phase: 'open' });
    expect(await two.order({ kind: 'drain' }, 6)).toMatchObject({ ok: true });
    expect(await one.stats()).toMatchObject({ phase: 'draining', epoch: 6 });

    const { socket, session } = await connectPlayer(node.url, { ticket: early });
    expect(await two.order({ kind: 'seal' }, 6)).toMatchObject({ ok: false, code: 'NOT_EMPTY' });
    // A player in a tunnel counts as present.
    socket.io.engine.close();
    await eventually('lost', () => node.agent.connections === 0);
    expect(await two.order({ kind: 'seal' }, 6)).toMatchObject({ ok: false, code: 'NOT_EMPTY' });
    const again = await connectPlayer(node.url, { resume: session.resume_token });
    again.socket.disconnect();
    await eventually('left', () => node.agent.sessions === 0);

    const late = node.balancer.ticket(one.hello, 'late');
    expect(await two.order({ kind: 'seal' }, 6)).toEqual({ ok: true, phase: 'sealed', sessions: 0 });
    expect(await handshake(node.port, `ticket=${late}`)).toEqual({ status: 403, message: 'NODE_SEALED' });
    const resume = `resume=${again.session.resume_token}`;
    expect(await handshake(node.port, resume)).toEqual({ status: 403, message: 'NODE_SEALED' });
    expect(await two.order({ kind: 'undrain' }, 7)).toMatchObject({ ok: false, code: 'SEALED' });
    expect(phases).toEqual(['draining', 'open', 'draining', 'sealed']);
    // Balancers may still ask it how it is.
    const three = await node.balancer.connect(node.url, 'node-1');
    expect(await three.stats()).toMatchObject({ phase: 'sealed', sessions: 0, epoch: 7 });
    three.close();
  });

  it('survives an answer that fails', async () => {
    const failing = await startNode({
      balancer: node.balancer,
      rooms: {
        reports: () => {
          throw new Error('rooms are broken');
        },
        close: () => undefined,
      },
    });
    const channel = await failing.balancer.connect(failing.url, 'node-1');
    expect(await channel.ask('stats', { v: 1, cursor: 0 })).toMatchObject({ error: { code: 'INTERNAL' } });
    const { socket } = await connectPlayer(failing.url, { ticket: failing.balancer.ticket(channel.hello, 'alice') });
    const gone = nextEvent(socket, 'disconnect');
    socket.disconnect();
    await gone;
    channel.close();
    await failing.close();
  });
});
