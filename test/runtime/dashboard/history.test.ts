import { describe, expect, it } from '@jest/globals';
import { History } from '../../../runtime/dashboard/history';
import { Rates } from '../../../runtime/dashboard/rates';

const START = 1_800_000_000_000;

describe('a history', () => {
  it('keeps the last ten minutes by the second, and twelve hours by the half minute, and no more', () => {
    const history = new History();
    for (let second = 0; second < 50_000; second += 1) {
      history.add(START + second * 1_000, { connections: second, capacity: 100, nodes: 2 });
    }
    const { minutes, hours } = history.courses;
    expect([minutes.atS.length, hours.atS.length]).toEqual([600, 1_440]);
    expect([minutes.connections[0], minutes.connections.at(-1)]).toEqual([49_400, 49_999]);
    expect(minutes.atS.at(-1)).toBe(START / 1_000 + 49_999);
    // The mean of its half minute.
    expect(hours.connections[0]).toBe(hours.atS[0] === undefined ? null : hours.atS[0] - START / 1_000 + 14.5);
    expect(hours.atS).toEqual([...hours.atS].sort((a, b) => a - b));
  });

  it('never goes back in time, whatever the clock does', () => {
    const history = new History();
    for (const atMs of [5_000, 6_000, 1_000, 6_500, 7_000])
      history.add(START + atMs, { connections: 2, capacity: 1, nodes: 1 });
    expect(history.courses.minutes.atS.map((atS) => atS - START / 1_000)).toEqual([5, 6, 7]);
    expect(history.courses.minutes.connections).toEqual([2, 2, 2]);
  });
});

describe('rates', () => {
  const counts = (assigned: number, refused = 0) => ({ assigned, refused });

  it('are of both balancers, over the last seconds', () => {
    const rates = new Rates();
    expect(rates.perSecond).toEqual({ assigned: 0, refused: 0 });
    for (let second = 0; second <= 10; second += 1) {
      rates.step(
        new Map([
          ['a', counts(second * 10)],
          ['b', counts(1_000 + second * 5, second)],
        ]),
        second * 1_000,
      );
    }
    expect(rates.perSecond).toEqual({ assigned: 15, refused: 1 });
    for (let second = 11; second <= 15; second += 1) {
      rates.step(
        new Map([
          ['a', counts(100)],
          ['b', counts(1_050, 10)],
        ]),
        second * 1_000,
      );
    }
    expect(rates.perSecond).toEqual({ assigned: 0, refused: 0 });
  });

  it('do not jump when a balancer starts anew, goes, or is seen for the first time', () => {
    const rates = new Rates();
    rates.step(new Map([['a', counts(500)]]), 0);
    rates.step(
      new Map([
        ['a', counts(500)],
        ['b', counts(90_000)],
      ]),
      1_000,
    );
    expect(rates.perSecond.assigned).toBe(0);
    rates.step(new Map([['b', counts(90_000)]]), 2_000);
    rates.step(
      new Map([
        ['a', counts(3)],
        ['b', counts(90_000)],
      ]),
      3_000,
    );
    expect(rates.perSecond.assigned).toBe(1);
  });
});
