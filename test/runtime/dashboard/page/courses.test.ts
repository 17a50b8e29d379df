import { describe, expect, it } from '@jest/globals';
import type { Course } from '../../../../runtime/core/protocol/page';
import { EMPTY, extended, joined, withHistories } from '../../../../runtime/dashboard/page/courses';
import { aboutOf, isNotable, weightOf } from '../../../../runtime/dashboard/page/event-kinds';

const figures = (connections: number) => ({
  ...{ connections, load: 0, capacity: 10, nodes: 1, joinable: 1, assigned: 0, refused: 0 },
});

function course(atS: number[], connections: number[]): Course {
  return { atS, connections, capacity: atS.map(() => 10), nodes: atS.map(() => 1) };
}

describe('a course', () => {
  it('grows by a point a second, and forgets what is too old', () => {
    let now = EMPTY;
    for (let second = 0; second < 700; second += 1)
      now = extended(now, 'minutes', 1_000_000 + second * 1_000, figures(second));
    expect([now.atS.length, now.connections[0], now.connections.at(-1)]).toEqual([600, 100, 699]);
    expect(now.capacity).toHaveLength(600);
  });

  it('has one point for each step, the latest', () => {
    const first = extended(EMPTY, 'hours', 60_000, figures(1));
    expect(extended(first, 'hours', 75_000, figures(2))).toEqual(course([60], [2]));
    expect(extended(first, 'hours', 90_000, figures(3))).toEqual(course([60, 90], [1, 3]));
    expect(extended(first, 'hours', 30_000, figures(4))).toEqual(first);
  });

  it('keeps what was seen before the balancer started anew', () => {
    expect(joined(course([1, 2, 3, 4], [1, 2, 3, 4]), course([3, 4, 5], [7, 8, 9]))).toEqual(
      course([1, 2, 3, 4, 5], [1, 2, 7, 8, 9]),
    );
    expect(joined(course([1, 2], [1, 2]), EMPTY)).toEqual(course([1, 2], [1, 2]));
    const told = { game: { minutes: course([5], [5]), hours: EMPTY } };
    expect(withHistories(new Map(), told).get('game')).toEqual(told.game);
  });
});

describe('kinds of events', () => {
  it.each([
    ['node-red', 'health', 'bad', true],
    ['node-green', 'health', 'good', false],
    ['scaling-grow', 'scaling', 'plain', true],
    ['scaling-unchanged', 'scaling', 'plain', false],
    ['cluster-lost', 'owners', 'bad', true],
    ['registry-given-up', 'registry', 'bad', true],
    ['order-drain', 'operators', 'plain', true],
    ['order-done', 'operators', 'plain', true],
    ['api-errors', 'other', 'bad', true],
    ['something', 'other', 'plain', false],
  ])('%s', (kind, about, weight, notable) => {
    expect([aboutOf(kind), weightOf(kind), isNotable(kind)]).toEqual([about, weight, notable]);
  });
});
