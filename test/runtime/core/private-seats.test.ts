import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PrivateSeats, type SeatNews } from '../../../runtime/core/private-seats';

const news = (over: Partial<SeatNews> = {}): SeatNews => ({
  ...{ nodeId: 'a', startId: 's1', sessions: 0, capacity: 1_000, arrivals: [], full: false },
  ...over,
});

describe('PrivateSeats', () => {
  it('knows nothing of a node, or of a start, that has not answered', () => {
    const seats = new PrivateSeats();
    expect(seats.of('a', 's1')).toBeNull();
    seats.heard(news({ sessions: 3 }), 0);
    expect(seats.of('a', 's1')).toEqual({ sessions: 3, window: 64, reserved: 0 });
    expect(seats.of('a', 's2')).toBeNull();
    seats.hold('r', 'a', 's2', 100);
    expect(seats.of('a', 's1')?.reserved).toBe(0);
  });

  it('an arrival turns a reservation into a session, once, and widens the window', () => {
    const seats = new PrivateSeats();
    seats.heard(news(), 0);
    seats.hold('r1', 'a', 's1', 100);
    seats.hold('r2', 'a', 's1', 100);
    seats.heard(news({ sessions: 2, arrivals: ['r1', 'of the other balancer'] }), 10);
    expect(seats.of('a', 's1')).toEqual({ sessions: 2, window: 66, reserved: 1 });
    seats.heard(news({ sessions: 2, arrivals: ['r1', 'of the other balancer'], full: true }), 20);
    expect(seats.of('a', 's1')).toEqual({ sessions: 2, window: 66, reserved: 1 });
  });

  it('a reservation runs out, and narrows the window', () => {
    const seats = new PrivateSeats();
    seats.heard(news(), 0);
    seats.hold('r1', 'a', 's1', 100);
    seats.heard(news(), 99);
    expect(seats.of('a', 's1')).toEqual({ sessions: 0, window: 64, reserved: 1 });
    seats.heard(news(), 100);
    expect(seats.of('a', 's1')).toEqual({ sessions: 0, window: 32, reserved: 0 });
  });

  it('one that is made again lasts longer, and counts once', () => {
    const seats = new PrivateSeats();
    seats.heard(news(), 0);
    seats.hold('r1', 'a', 's1', 100);
    seats.hold('r1', 'a', 's1', 200);
    seats.heard(news(), 150);
    expect(seats.of('a', 's1')?.reserved).toBe(1);
  });

  it('a new start of the node, or its end, takes the reservations with it', () => {
    const seats = new PrivateSeats();
    seats.heard(news(), 0);
    seats.hold('r1', 'a', 's1', 100);
    seats.heard(news({ startId: 's2' }), 1);
    expect(seats.of('a', 's2')).toEqual({ sessions: 0, window: 64, reserved: 0 });
    seats.hold('r2', 'a', 's2', 100);
    seats.keep(new Set(['b']));
    expect(seats.of('a', 's2')).toBeNull();
  });

  it('counts what a list of reservations would', () => {
    const step = fc.record({
      rid: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
      kind: fc.constantFrom('hold', 'arrive', 'wait'),
      laterMs: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const seats = new PrivateSeats();
        const model = new Map<string, number>();
        let nowMs = 0;
        seats.heard(news(), nowMs);
        for (const { rid, kind, laterMs } of steps) {
          nowMs += laterMs;
          if (kind === 'hold') {
            seats.hold(rid, 'a', 's1', nowMs + 100);
            model.set(rid, nowMs + 100);
          }
          if (kind === 'arrive') model.delete(rid);
          seats.heard(news({ arrivals: kind === 'arrive' ? [rid] : [] }), nowMs);
          for (const [each, untilMs] of model) if (untilMs <= nowMs) model.delete(each);
          expect(seats.of('a', 's1')?.reserved).toBe(model.size);
        }
      }),
    );
  });
});
