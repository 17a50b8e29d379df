import { describe, expect, it } from '@jest/globals';
import { FleetClientError } from '../../../runtime/client/errors';
import { persist } from '../../../runtime/client/retry';

const OPTIONS = { deadlineMs: 60_000, requestTimeoutMs: 60_000, backoff: { baseMs: 10, maxMs: 50 } };
const last = new FleetClientError('WRONG_ROOM', 'it is at generation 2');

describe('the rest of an effort', () => {
  it('names what failed before, and the whole time, when it was too short for an answer', async () => {
    const silent = () => new Promise<never>(() => {});
    const trying = persist(silent, { ...OPTIONS, leftMs: 5, last }, new AbortController().signal);
    await expect(trying).rejects.toMatchObject({
      code: 'DEADLINE',
      message: 'given up after 60000 ms; last: it is at generation 2',
      cause: last,
    });
  });

  it('names what the API answered in it', async () => {
    const busy = new FleetClientError('BUSY', 'wait', { retry: true, retryAfterMs: 600_000 });
    const trying = persist(() => Promise.reject(busy), { ...OPTIONS, last }, new AbortController().signal);
    await expect(trying).rejects.toMatchObject({ code: 'DEADLINE', cause: busy });
  });
});
