import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import type { TicketRoom } from '../../../runtime/core/protocol/ticket';
import type { GamePlugin, RoomLogic } from '../../../runtime/game/plugin';
import { positions } from '../../../runtime/game/plugins/positions';
import { Rooms, TICK_PARTS } from '../../../runtime/game/rooms';
import { FakeOutlet } from './support';

const COMPLETE_MS = 20_000;

function setUp(plugin: GamePlugin = positions) {
  const outlet = new FakeOutlet();
  const reports: RoomReport[] = [];
  const clock = { nowMs: 0 };
  const rooms = new Rooms({
    plugin,
    outlet,
    log: undefined,
    completeMs: COMPLETE_MS,
    now: () => clock.nowMs,
    onReport: (report) => reports.push(report),
  });
  const tick = () => {
    for (let part = 0; part < TICK_PARTS; part++) rooms.tick(part);
  };
  return { outlet, reports, clock, rooms, tick };
}

const ticket = (id: string, over: Partial<TicketRoom> = {}): TicketRoom => ({
  id,
  gen: 1,
  mode: 'battle',
  members: ['a', 'b'],
  ...over,
});

describe('a room', () => {
  it('forms, is complete once all have joined, stays so, and ends with its last member', () => {
    const { rooms, outlet, reports } = setUp();
    expect(rooms.enter('a', ticket('r'))).toEqual({ outcome: 'joined' });
    expect(outlet.sent.splice(0)).toEqual([
      { to: 'a', event: 'JOINED', payload: { room_id: 'r', player: 'a', present: ['a'], complete: false } },
    ]);
    rooms.enter('b', ticket('r'));
    expect(outlet.sent.at(-1)?.payload).toEqual({ room_id: 'r', player: 'b', present: ['a', 'b'], complete: true });
    expect(outlet.take()).toEqual(['a JOINED', 'b JOINED']);
    rooms.leave('a');
    expect(outlet.take()).toEqual(['b LEFT']);
    rooms.enter('a', ticket('r'));
    expect(outlet.sent.at(-1)?.payload.complete).toBe(true);
    rooms.leave('a');
    rooms.leave('b');
    expect(reports.map(({ status, reason }) => reason ?? status)).toEqual(['forming', 'complete', 'empty']);
  });

  it('that is not complete in time is closed, and tells those who come later', () => {
    const { rooms, outlet, clock, tick } = setUp();
    rooms.enter('a', ticket('r'));
    clock.nowMs = COMPLETE_MS - 1;
    tick();
    expect(rooms.of('a')).toBeDefined();
    clock.nowMs = COMPLETE_MS;
    tick();
    expect(outlet.take()).toEqual(['a JOINED', 'a ROOM_CLOSED']);
    expect(rooms.of('a')).toBeUndefined();
    expect(rooms.enter('b', ticket('r'))).toEqual({ outcome: 'closed', reason: 'incomplete' });
    expect(rooms.reports()).toMatchObject([{ status: 'closed', reason: 'incomplete' }]);
    clock.nowMs += 700_000;
    tick();
    expect(rooms.reports()).toEqual([]);
  });

  it('whose only member leaves before it is complete is closed as incomplete', () => {
    const { rooms, reports } = setUp();
    rooms.enter('a', ticket('r'));
    rooms.leave('a');
    expect(reports.at(-1)).toMatchObject({ status: 'closed', reason: 'incomplete' });
  });

  it('does not wait for members who have finished meanwhile', () => {
    const { rooms, reports } = setUp();
    rooms.enter('a', ticket('r', { members: ['a', 'b', 'c'] }));
    rooms.enter('b', ticket('r', { members: ['a', 'b'] }));
    expect(reports.at(-1)).toMatchObject({ status: 'complete', members: ['a', 'b'] });
  });

  it('of a newer generation closes the older one; of an older generation is refused', () => {
    const { rooms, outlet, reports } = setUp();
    rooms.enter('a', ticket('r'));
    outlet.take();
    expect(rooms.enter('b', ticket('r', { gen: 2 }))).toEqual({ outcome: 'joined' });
    expect(outlet.take()).toEqual(['a ROOM_CLOSED', 'b JOINED']);
    expect(reports.slice(1)).toMatchObject([
      { gen: 1, reason: 'moved' },
      { gen: 2, status: 'forming' },
    ]);
    expect(rooms.enter('a', ticket('r'))).toMatchObject({ outcome: 'wrong-room' });
    rooms.close('r', 1);
    expect(rooms.of('b')).toBeDefined();
    rooms.close('r', 3);
    expect(outlet.take()).toEqual(['b ROOM_CLOSED']);
    expect(rooms.enter('b', ticket('r', { gen: 2 }))).toEqual({ outcome: 'closed', reason: 'moved' });
    expect(rooms.enter('b', ticket('r', { gen: 1 }))).toMatchObject({ outcome: 'wrong-room' });
    expect(rooms.enter('b', ticket('r', { gen: 4 }))).toEqual({ outcome: 'joined' });
    expect(rooms.reports()).toHaveLength(1);
  });

  it('admits members only', () => {
    const { rooms } = setUp();
    expect(rooms.enter('mallory', ticket('r'))).toMatchObject({ outcome: 'wrong-room' });
    expect(rooms.reports()).toEqual([]);
  });

  it('is left for another', () => {
    const { rooms, outlet } = setUp();
    rooms.enter('a', ticket('r1'));
    rooms.enter('b', ticket('r1'));
    outlet.take();
    rooms.enter('a', ticket('r2'));
    expect(outlet.take()).toEqual(['b LEFT', 'a JOINED']);
    expect(rooms.of('a')?.id).toBe('r2');
  });

  it('tells only the one who comes back', () => {
    const { rooms, outlet } = setUp();
    rooms.enter('a', ticket('r'));
    rooms.enter('b', ticket('r'));
    outlet.take();
    rooms.enter('a', ticket('r'));
    expect(outlet.take()).toEqual(['a JOINED']);
  });
});

describe('the reference game', () => {
  it('sends the latest position of those who moved, once per tick', () => {
    const { rooms, outlet, tick } = setUp();
    rooms.enter('a', ticket('r'));
    rooms.enter('b', ticket('r'));
    outlet.take();
    const room = rooms.of('a');
    tick();
    expect(outlet.take()).toEqual([]);
    for (let x = 0; x < 5; x++) expect(room?.message('a', 'POSITION', { x, y: 0 })).toBeNull();
    tick();
    expect(outlet.sent.splice(0)).toEqual(
      ['a', 'b'].map((to) => ({
        to,
        event: 'STATE',
        payload: { room_id: 'r', tick: 2, positions: { a: { x: 4, y: 0 } } },
      })),
    );
    tick();
    expect(outlet.take()).toEqual([]);
    // Who comes back learns where everyone is.
    rooms.enter('b', ticket('r'));
    tick();
    expect(outlet.sent.at(-1)?.payload.positions).toEqual({ a: { x: 4, y: 0 } });
  });

  it('says what is wrong with a payload', () => {
    const { rooms } = setUp();
    rooms.enter('a', ticket('r'));
    const room = rooms.of('a');
    for (const payload of [undefined, null, 'x', [], {}, { x: 1 }, { x: '1', y: 2 }, { x: Number.NaN, y: 0 }]) {
      expect(room?.message('a', 'POSITION', payload)).not.toBeNull();
    }
    expect(room?.message('a', 'POSITION', { x: 1, y: 2, z: 3 })).toContain('z');
    for (const event of ['NOPE', '__proto__', 'constructor', 'toString']) {
      expect(room?.message('a', event, {})).toContain('POSITION');
    }
  });
});

describe('a plug-in that fails', () => {
  const events = { GO: z.strictObject({}) };
  const failing = (logic: Partial<RoomLogic>): GamePlugin => ({
    events,
    create: (room) => (room.id === 'bad' ? logic : {}),
  });
  const boom = () => {
    throw new Error('boom');
  };

  it.each<[string, Partial<RoomLogic>]>([
    ['onJoin', { onJoin: boom }],
    ['onMessage', { onMessage: boom }],
    ['onTick', { onTick: boom }],
  ])('in %s loses its room and no other', (_, logic) => {
    const { rooms, tick } = setUp(failing(logic));
    rooms.enter('a', ticket('bad'));
    rooms.enter('c', ticket('good', { members: ['c'] }));
    rooms.of('a')?.message('a', 'GO', {});
    tick();
    expect(rooms.of('a')).toBeUndefined();
    expect(rooms.of('c')).toBeDefined();
    expect(rooms.reports()).toContainEqual(expect.objectContaining({ roomId: 'bad', reason: 'ended' }));
  });

  it('in create or onLeave harms nobody either', () => {
    const { rooms } = setUp({ events, create: boom });
    expect(rooms.enter('a', ticket('r'))).toEqual({ outcome: 'closed', reason: 'ended' });
    const leaving = setUp(failing({ onLeave: boom }));
    leaving.rooms.enter('a', ticket('bad'));
    leaving.rooms.leave('a');
    expect(leaving.rooms.reports()).toMatchObject([{ status: 'closed', reason: 'ended' }]);
  });

  it('by a rejected promise too', async () => {
    const { rooms } = setUp(failing({ onMessage: async () => boom() }));
    rooms.enter('a', ticket('bad'));
    rooms.of('a')?.message('a', 'GO', {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(rooms.of('a')).toBeUndefined();
  });

  it('may end its room by itself, and hears who was in it', () => {
    const left: string[] = [];
    const { rooms, outlet } = setUp({
      events,
      create: (room) => ({
        onMessage: () => {
          room.end();
          room.send('LATE', {});
        },
        onLeave: (player) => left.push(player),
      }),
    });
    rooms.enter('a', ticket('r'));
    rooms.enter('b', ticket('r'));
    outlet.take();
    rooms.of('a')?.message('a', 'GO', {});
    expect(outlet.take()).toEqual(['a ROOM_CLOSED', 'b ROOM_CLOSED']);
    expect(left).toEqual(['a', 'b']);
  });
});

describe('rooms', () => {
  it('hold every player at most once, and report what they are, whatever happens', () => {
    const players = ['a', 'b', 'c', 'd'];
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('enter' as const),
          player: fc.constantFrom(...players),
          room: fc.constantFrom('r1', 'r2'),
          gen: fc.integer({ min: 1, max: 3 }),
        }),
      },
      fc.record({ kind: fc.constant('leave' as const), player: fc.constantFrom(...players) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 25_000 }) }),
      fc.record({
        kind: fc.constant('close' as const),
        room: fc.constantFrom('r1', 'r2'),
        gen: fc.integer({ min: 1, max: 3 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { rooms, outlet, clock, reports, tick } = setUp();
        const highest = new Map<string, number>();
        for (const step of steps) {
          if (step.kind === 'enter') {
            const result = rooms.enter(step.player, ticket(step.room, { gen: step.gen, members: players }));
            if (step.gen < (highest.get(step.room) ?? 0)) expect(result.outcome).toBe('wrong-room');
            else expect(result.outcome).not.toBe('wrong-room');
            highest.set(step.room, Math.max(step.gen, highest.get(step.room) ?? 0));
          } else if (step.kind === 'leave') rooms.leave(step.player);
          else if (step.kind === 'close') rooms.close(step.room, step.gen);
          else {
            clock.nowMs += step.ms;
            tick();
          }
          for (const player of players) {
            const channels = [...outlet.channels].filter(([, members]) => members.has(player));
            expect(channels.length).toBe(rooms.of(player) === undefined ? 0 : 1);
          }
          for (const report of rooms.reports()) expect(report.gen).toBe(highest.get(report.roomId));
        }
        // No room ever comes back from being closed, nor from being complete to forming.
        const rank = { forming: 0, complete: 1, closed: 2 };
        const last = new Map<string, number>();
        for (const report of reports) {
          const key = `${report.roomId}#${report.gen}`;
          expect(rank[report.status]).toBeGreaterThan(last.get(key) ?? -1);
          last.set(key, rank[report.status]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
