import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HeldEvents } from '../../../../runtime/balancer/slack/held-events';
import { event } from '../../notify/slack/support';

const stops: HeldEvents[] = [];
beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  for (const held of stops.splice(0)) held.stop();
  jest.useRealTimers();
});

/** What balancer `a` tells while `owner` owns the cluster. */
function setUp(owner: string | null) {
  const state = { owner, told: [] as (string | undefined)[] };
  const held = new HeldEvents(
    'a',
    () => state.owner,
    ({ nodeId }) => state.told.push(nodeId),
  );
  stops.push(held);
  held.add(event('node-red', { cluster: 'game', nodeId: 'n1' }));
  return state;
}

describe('events that both balancers have', () => {
  it('are told at once by the owner, and not by the other', () => {
    expect(setUp('a').told).toEqual(['n1']);
    const other = setUp('b');
    jest.advanceTimersByTime(60_000);
    expect(other.told).toEqual([]);
  });

  it('are told by who owns the cluster in the end', () => {
    const state = setUp('b');
    jest.advanceTimersByTime(3_000);
    state.owner = 'a';
    jest.advanceTimersByTime(60_000);
    expect(state.told).toEqual(['n1']);
  });

  it('are told by both when nobody owns it in the end', () => {
    const state = setUp(null);
    jest.advanceTimersByTime(7_000);
    expect(state.told).toEqual([]);
    jest.advanceTimersByTime(60_000);
    expect(state.told).toEqual(['n1']);
  });
});
