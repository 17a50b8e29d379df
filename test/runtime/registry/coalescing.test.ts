import { describe, expect, it } from '@jest/globals';
import { CoalescingSeats } from '../../../runtime/registry/coalescing';
import type { ReserveOptions, ReserveRequest, ReserveResult } from '../../../runtime/registry/types';
import { eventually } from '../../support/eventually';
import { spread } from './seats-support';

/** Grants each request a seat on a node named after it, and remembers the calls. */
class Recording {
  readonly calls: { readonly requests: readonly ReserveRequest[]; readonly options: ReserveOptions }[] = [];
  fail = false;

  async reserve(requests: readonly ReserveRequest[], options: ReserveOptions): Promise<ReserveResult[]> {
    this.calls.push({ requests, options });
    if (this.fail) throw new Error('down');
    return requests.map(({ rids }) => ({
      ok: true,
      nodeId: `for-${rids[0]}`,
      startId: 's',
      rids,
      ticketExpiresAtMs: 1,
    }));
  }
}

const wanted = (rid: number) => ({ rids: [String(rid)] });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('CoalescingSeats', () => {
  it('lets the requests of one turn share a call, and gives each its own answer', async () => {
    const seats = new Recording();
    const coalescing = new CoalescingSeats(seats, () => spread);
    const results = await Promise.all(numbers(10).map((rid) => coalescing.reserve(wanted(rid))));
    expect(results.map((result) => result.ok && result.nodeId)).toEqual(numbers(10).map((rid) => `for-${rid}`));
    await coalescing.reserve(wanted(10));
    expect(seats.calls.map(({ requests }) => requests.length)).toEqual([10, 1]);
  });

  it('lets those that come while two calls are under way share the next', async () => {
    const seats = new Recording();
    const answers: (() => void)[] = [];
    const slow = {
      reserve: async (requests: readonly ReserveRequest[], options: ReserveOptions) => {
        const results = await seats.reserve(requests, options);
        await new Promise<void>((resolve) => answers.push(resolve));
        return results;
      },
    };
    const coalescing = new CoalescingSeats(slow, () => spread);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const reserved: Promise<ReserveResult>[] = [];
    for (const rid of numbers(4)) {
      reserved.push(coalescing.reserve(wanted(rid)));
      await turn();
    }
    expect(seats.calls.map(({ requests }) => requests.length)).toEqual([1, 1]);
    answers[0]?.();
    await expect(reserved[0]).resolves.toMatchObject({ ok: true, nodeId: 'for-0' });
    await eventually('the third call', () => answers.length === 3);
    expect(seats.calls[2]?.requests).toHaveLength(2);
    for (const answer of answers) answer();
    const nodes = ['for-0', 'for-1', 'for-2', 'for-3'].map((nodeId) => ({ nodeId }));
    await expect(Promise.all(reserved)).resolves.toMatchObject(nodes);
  });

  it('bounds what goes into one call', async () => {
    const seats = new Recording();
    const coalescing = new CoalescingSeats(seats, () => spread);
    await Promise.all(numbers(1_201).map((rid) => coalescing.reserve(wanted(rid))));
    expect(seats.calls.map(({ requests }) => requests.length)).toEqual([500, 500, 201]);
  });

  it('asks for the options each time', async () => {
    const seats = new Recording();
    let exclude = ['a'];
    const coalescing = new CoalescingSeats(seats, () => ({ ...spread, exclude }));
    await coalescing.reserve(wanted(1));
    exclude = ['b'];
    await coalescing.reserve(wanted(2));
    expect(seats.calls.map(({ options }) => options.exclude)).toEqual([['a'], ['b']]);
  });

  it('fails the requests of a failed call, and goes on', async () => {
    const seats = new Recording();
    const coalescing = new CoalescingSeats(seats, () => spread);
    seats.fail = true;
    const settled = await Promise.allSettled(numbers(3).map((rid) => coalescing.reserve(wanted(rid))));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    seats.fail = false;
    await expect(coalescing.reserve(wanted(4))).resolves.toMatchObject({ ok: true });
  });
});
