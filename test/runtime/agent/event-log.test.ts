import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventLog } from '../../../runtime/agent/event-log';

describe('the event log', () => {
  it('gives every poller every event once and in order, or says that it cannot', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 6 }) }) },
      fc.record({ poller: fc.integer({ min: 0, max: 2 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, random) => {
          const limit = 5;
          const log = new EventLog<number>(limit, random);
          const cursors = [0, 0, 0];
          const read = [0, 0, 0];
          let appended = 0;
          for (const step of steps) {
            if ('append' in step) {
              for (let i = 0; i < step.append; i++) log.append(appended++);
              continue;
            }
            const { poller } = step;
            const events = log.since(cursors[poller] ?? 0);
            const from = read[poller] ?? 0;
            if (events === null) {
              // Only a new poller, or one that is more than the limit behind, has to start over.
              expect(cursors[poller] === 0 || appended - from > limit).toBe(true);
            } else {
              expect(events).toEqual(Array.from({ length: appended - from }, (_, i) => from + i));
              expect(events.length).toBeLessThanOrEqual(2 * limit);
            }
            cursors[poller] = log.cursor;
            read[poller] = appended;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes no cursor that it did not give', () => {
    const log = new EventLog<string>(10, 0.5);
    log.append('x');
    expect(log.since(0)).toBeNull();
    expect(log.since(log.cursor + 1)).toBeNull();
    expect(log.since(5)).toBeNull();
    expect(log.since(log.cursor - 1)).toEqual(['x']);
    expect(log.since(log.cursor)).toEqual([]);
  });
});
