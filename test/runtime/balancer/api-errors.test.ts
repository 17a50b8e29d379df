import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ApiErrors } from '../../../runtime/balancer/api-errors';
import type { FleetEvent } from '../../../runtime/balancer/events';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('failures of the API', () => {
  it('are told at once, and then summed up once a minute', () => {
    const told: FleetEvent[] = [];
    const errors = new ApiErrors({ emit: (event) => told.push(event) });
    errors.note('FULL', new Error('no room'));
    for (const what of ['a', 'b', 'c']) errors.note('INTERNAL', new Error(what));
    expect(told.map(({ reason }) => reason)).toEqual(['a request was answered with INTERNAL, the last because of: a']);
    jest.advanceTimersByTime(60_000);
    expect(told.at(-1)).toMatchObject({ kind: 'api-errors', details: { count: 2 } });
    jest.advanceTimersByTime(600_000);
    expect(told).toHaveLength(2);
    errors.note('INTERNAL', new Error('d'));
    expect(told).toHaveLength(3);
    errors.note('INTERNAL', new Error('e'));
    errors.stop();
    jest.advanceTimersByTime(600_000);
    expect(told).toHaveLength(3);
  });
});
