import { describe, expect, it } from '@jest/globals';
import { Complaints } from '../../../runtime/balancer/complaints';
import { keptLog } from './support';

describe('complaints', () => {
  it('are logged when they begin, change, last, and end', () => {
    const { log, lines } = keptLog();
    const complaints = new Complaints(log);
    complaints.settle('a');
    for (const nowMs of [0, 1_000, 2_000]) complaints.raise('a', 'down', nowMs);
    complaints.raise('b', 'down', 2_000);
    complaints.raise('a', 'other', 3_000);
    complaints.raise('a', 'other', 33_000);
    complaints.settle('a');
    complaints.settle('a');
    expect(lines.map(({ subject, msg }) => `${subject} ${msg}`)).toEqual([
      ...['a down', 'b down', 'a other', 'a other', 'a all right again'],
    ]);
  });
});
