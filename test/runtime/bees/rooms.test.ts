import { describe, expect, it } from '@jest/globals';
import { Connections } from '../../../runtime/bees/nodes';
import { Rooms } from '../../../runtime/bees/rooms';
import { ticketGeneration } from '../../../runtime/bees/ticket';
import type { LinkReport } from '../../../runtime/client';
import { fakeToken } from '../client/fake-node';

const seen = (roomId: string, nodeId: string, gen = 1, size = 2) => ({ roomId, size, gen, nodeId });

describe('Rooms', () => {
  it('sees members of one generation on different nodes as a split, once', () => {
    const rooms = new Rooms();
    rooms.seen(seen('r-1', 'game-1'));
    expect(rooms.split).toBe(0);
    rooms.seen(seen('r-1', 'game-2'));
    rooms.seen(seen('r-1', 'game-3'));
    expect(rooms.split).toBe(1);
  });

  it('does not take a new node in a new generation for a split', () => {
    const rooms = new Rooms();
    for (const [node, gen] of [
      ['game-1', 1],
      ['game-1', 1],
      ['game-2', 2],
      ['game-1', 1],
      ['game-2', 2],
    ] as const) {
      rooms.seen(seen('r-1', node, gen));
    }
    expect(rooms.split).toBe(0);
    rooms.seen(seen('r-1', 'game-1', 2));
    expect(rooms.split).toBe(1);
  });

  it('counts a room with its first finish, by its size, and forgets it with its last', () => {
    const rooms = new Rooms();
    rooms.seen(seen('r-1', 'game-1'));
    rooms.seen(seen('r-2', 'game-1', 1, 4));
    rooms.finish('r-1');
    rooms.finish('r-1');
    rooms.finish('r-2');
    expect(rooms.finished).toBe(2);
    expect(rooms.sizes).toEqual({ 2: 1, 4: 1 });
  });
});

describe('Connections', () => {
  const report = (kind: 'opened' | 'closed', role: 'lobby' | 'game', nodeId: string): LinkReport =>
    kind === 'opened' ? { kind, role, nodeId, resumed: false, tookMs: 1 } : { kind, role, nodeId, reason: 'x' };

  it('holds the peak of each node, and of the players: one on two nodes is one', () => {
    const connections = new Connections();
    connections.note('a', report('opened', 'lobby', 'l-1'));
    connections.note('a', report('opened', 'game', 'g-1'));
    connections.note('b', report('opened', 'lobby', 'l-1'));
    connections.note('a', report('closed', 'lobby', 'l-1'));
    connections.note('b', report('closed', 'lobby', 'l-1'));
    connections.note('c', report('opened', 'lobby', 'l-1'));
    expect(connections.connected).toBe(2);
    expect(connections.peak).toBe(2);
    expect(connections.nodes).toEqual([
      { id: 'g-1', cluster: 'game', peak: 1 },
      { id: 'l-1', cluster: 'lobby', peak: 2 },
    ]);
  });
});

describe('ticketGeneration', () => {
  it('reads the generation of a game ticket, and 0 of anything else', () => {
    const room = { id: 'r-1', gen: 7, mode: 'battle', members: ['a'] };
    expect(ticketGeneration(fakeToken({ sub: 'a', aud: 'n', jti: 'j', room }))).toBe(7);
    expect(ticketGeneration(fakeToken({ sub: 'a', aud: 'n', jti: 'j' }))).toBe(0);
    for (const ticket of ['', 'x', 'a.b.c', `a.${Buffer.from('null').toString('base64url')}.c`]) {
      expect(ticketGeneration(ticket)).toBe(0);
    }
  });
});
