import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { total, withEvent } from '../../../../runtime/notify/slack/digest';
import { EMPTY_OUTBOX, last, next, noted, type Outbox, settled } from '../../../../runtime/notify/slack/outbox';
import { event } from './support';

const CONFIG = { limit: 5, windowMs: 601_000, timeoutMs: 5_000, gatherMs: 2_000 };
const DELIVERED = { kind: 'delivered' } as const;

/** Sends what is due, and says when; each message is delivered at once. */
function send(outbox: Outbox, nowMs: number) {
  const step = next(outbox, nowMs, CONFIG);
  return { ...step, outbox: step.message === null ? step.outbox : settled(step.outbox, DELIVERED, nowMs) };
}

/** An outbox with which so many messages were sent, at 0. */
function used(messages: number): Outbox {
  return { ...EMPTY_OUTBOX, sentMs: Array.from({ length: messages }, () => 0) };
}

describe('the outbox', () => {
  it('gathers for two seconds, then tells all that came in one message', () => {
    let outbox = noted(EMPTY_OUTBOX, event('node-red', { cluster: 'game', nodeId: 'a' }), 1_000);
    outbox = noted(outbox, event('node-red', { cluster: 'game', nodeId: 'b' }), 2_000);
    expect(next(outbox, 2_999, CONFIG)).toMatchObject({ message: null, wakeMs: 3_000 });
    const { message } = next(outbox, 3_000, CONFIG);
    expect(message).toMatchObject({ digest: [{ title: 'Node dead', cluster: 'game', count: 2 }] });
  });

  it('is silent about what is not worth a message', () => {
    for (const kind of ['node-green', 'scaling-unchanged', 'player-finished', 'room-finished', 'cluster-handed-over']) {
      expect(noted(EMPTY_OUTBOX, event(kind), 0)).toBe(EMPTY_OUTBOX);
    }
  });

  it('leaves two messages to what weighs more than scaling, and gathers longer when half are used up', () => {
    const grown = noted(used(2), event('scaling-grow'), 1_000);
    expect(send(grown, 3_000).message?.kind).toBe('events');
    expect(next(noted(used(3), event('scaling-grow'), 1_000), 100_000, CONFIG)).toMatchObject({ wakeMs: 601_000 });
    expect(next(noted(used(3), event('node-red'), 1_000), 3_000, CONFIG)).toMatchObject({ wakeMs: 21_000 });
    expect(send(noted(used(3), event('node-red'), 1_000), 21_000).message?.kind).toBe('events');
  });

  it('keeps the last message for what is critical, and then waits for the oldest to be long ago', () => {
    const dead = noted(used(4), event('node-red'), 1_000);
    expect(next(dead, 100_000, CONFIG)).toMatchObject({ message: null, wakeMs: 601_000 });
    const { outbox, message } = send(noted(dead, event('registry-given-up'), 100_000), 102_000);
    expect(message?.kind === 'events' && message.digest.map(({ title }) => title)).toEqual([
      ...['Node dead', 'Redis is lost'],
    ]);
    expect(next(noted(outbox, event('registry-given-up'), 103_000), 110_000, CONFIG)).toMatchObject({
      ...{ message: null, wakeMs: 601_000 },
    });
  });

  it('does not spend its last message on what comes again and again', () => {
    let outbox = used(2);
    const sent: number[] = [];
    for (let nowMs = 1_000; nowMs < 300_000; nowMs += 1_000) {
      const step = send(noted(outbox, event('scaling-unchanged', { details: { code: 'at-maximum' } }), nowMs), nowMs);
      outbox = step.outbox;
      if (step.message !== null) sent.push(nowMs);
    }
    expect(sent).toEqual([3_000, 24_000]);
    const { message } = send(noted(outbox, event('registry-given-up'), 300_000), 302_000);
    expect(message?.kind === 'events' && message.digest.map(({ title }) => title)).toEqual([
      ...['At the maximum', 'Redis is lost'],
    ]);
  });

  it('sends a report only while most messages are left, and at last', () => {
    const due = { ...used(1), reportDue: true };
    expect(send(due, 10).message).toEqual({ kind: 'report' });
    expect(next({ ...used(2), reportDue: true }, 10, CONFIG)).toMatchObject({ message: null, wakeMs: 601_000 });
    expect(send(noted(due, event('node-red'), 0), 2_000).message?.kind).toBe('events');
  });

  it('tells again what was refused, with what came meanwhile, after a growing pause or the one that was asked for', () => {
    const first = next(noted(EMPTY_OUTBOX, event('node-red'), 0), 2_000, CONFIG).outbox;
    const later = noted(first, event('node-red'), 2_500);
    const refused = settled(later, { kind: 'refused', retryAfterMs: null }, 3_000);
    expect(refused).toMatchObject({ waiting: [{ count: 2 }], sentMs: [], notBeforeMs: 4_000 });
    const second = next(refused, 4_000, CONFIG).outbox;
    expect(settled(second, { kind: 'refused', retryAfterMs: null }, 4_000).notBeforeMs).toBe(6_000);
    expect(settled(second, { kind: 'refused', retryAfterMs: 30_000 }, 4_000).notBeforeMs).toBe(34_000);
  });

  it('counts a message of which nobody knows whether it arrived', () => {
    const sent = next(noted(EMPTY_OUTBOX, event('node-red'), 0), 2_000, CONFIG).outbox;
    expect(sent.sentMs).toEqual([7_000]);
    expect(settled(sent, { kind: 'unclear', retryAfterMs: null }, 6_000)).toMatchObject({
      ...{ sentMs: [6_000], waiting: [{ count: 1 }] },
    });
  });

  it('says at the end what still waits, if it may', () => {
    expect(last(noted(EMPTY_OUTBOX, event('node-red'), 0), 1, CONFIG).message?.kind).toBe('events');
    expect(last(noted(used(5), event('node-red'), 0), 1, CONFIG).message).toBeNull();
    expect(last({ ...EMPTY_OUTBOX, reportDue: true }, 1, CONFIG).message).toBeNull();
  });
});

const Kind = fc.constantFrom(
  ...['node-red', 'scaling-grow', 'registry-given-up', 'peer-back', 'order-drain', 'node-green', 'api-errors'],
);
const Step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: Kind, cluster: fc.constantFrom('lobby', 'game') }) },
  { weight: 3, arbitrary: fc.record({ passMs: fc.oneof(fc.nat(5_000), fc.nat(200_000)) }) },
  { weight: 1, arbitrary: fc.constant('report' as const) },
);
const Result = fc.record({
  kind: fc.constantFrom('delivered' as const, 'refused' as const, 'unclear' as const),
  retryAfterMs: fc.option(fc.nat(100_000)),
  tookMs: fc.nat(CONFIG.timeoutMs),
});

describe('whatever happens', () => {
  it('at most five arrive within any ten minutes, and nothing is lost from the sums', () => {
    const property = fc.property(
      fc.array(Step, { maxLength: 120 }),
      fc.infiniteStream(Result),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (steps, results, shares) => {
        let outbox: Outbox = EMPTY_OUTBOX;
        let nowMs = 0;
        let happened = 0;
        let told = 0;
        const arrivedMs: number[] = [];
        const run = (untilMs: number) => {
          for (;;) {
            const step = next(outbox, nowMs, CONFIG);
            outbox = step.outbox;
            if (step.message === null) {
              nowMs = Math.max(nowMs, Math.min(step.wakeMs ?? untilMs, untilMs));
              if (step.wakeMs === null || step.wakeMs > untilMs) return;
              continue;
            }
            const { tookMs, ...result } = results.next().value;
            // Slack has it at any moment between the begin and the end of the attempt.
            if (result.kind !== 'refused') arrivedMs.push(nowMs + shares.next().value * tookMs);
            nowMs += tookMs;
            if (result.kind === 'delivered' && step.message.kind === 'events') told += total(step.message.digest);
            outbox = settled(outbox, result.kind === 'delivered' ? DELIVERED : { ...result, kind: result.kind }, nowMs);
          }
        };
        for (const step of steps) {
          if (step === 'report') outbox = { ...outbox, reportDue: true };
          else if ('passMs' in step) nowMs += step.passMs;
          else {
            happened += total(withEvent([], event(step.kind)));
            outbox = noted(outbox, event(step.kind, { cluster: step.cluster }), nowMs);
          }
          run(nowMs);
        }
        run(nowMs + 3_000_000);
        expect(told + total(outbox.waiting)).toBe(happened);
        for (const [index, atMs] of arrivedMs.entries()) {
          const sixth = arrivedMs[index + CONFIG.limit];
          if (sixth !== undefined) expect(sixth - atMs).toBeGreaterThan(600_000);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
