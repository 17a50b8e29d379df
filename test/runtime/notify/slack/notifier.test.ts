import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { total } from '../../../../runtime/notify/slack/digest';
import { Notifier, type NotifierOptions } from '../../../../runtime/notify/slack/notifier';
import type { Posted } from '../../../../runtime/notify/slack/post';
import { event } from './support';

const DELIVERED: Posted = { kind: 'delivered', problem: null };
const REFUSED: Posted = { kind: 'refused', retryAfterMs: null, problem: 'answered 500' };

const stops: Notifier[] = [];
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  const stopped = Promise.all(stops.splice(0).map((notifier) => notifier.stop()));
  await jest.advanceTimersByTimeAsync(5_000);
  await stopped;
  jest.useRealTimers();
});

/** A notifier whose every part can be replaced; `posted` is what Slack was told. */
function setUp(over: Partial<NotifierOptions> = {}) {
  const posted: string[] = [];
  const problems: (string | null)[] = [];
  const notifier = new Notifier({
    config: { limit: 5, windowMs: 601_000, timeoutMs: 5_000, gatherMs: 2_000 },
    store: { load: async () => [], save: async () => undefined },
    eventsMessage: (digest) => ({ text: `${total(digest)} events`, blocks: [] }),
    reportMessage: () => ({ text: 'report', blocks: [] }),
    url: () => 'http://127.0.0.1:1/',
    post: async (_, { text }) => {
      posted.push(text);
      return DELIVERED;
    },
    onReported: () => posted.push('reported'),
    onProblem: (problem) => problems.push(problem),
    ...over,
  });
  stops.push(notifier);
  return { notifier, posted, problems };
}

describe('the notifier', () => {
  it('tells events together, and reports', async () => {
    const { notifier, posted } = setUp();
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(1_000);
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(posted).toEqual(['2 events']);
    notifier.report();
    await jest.advanceTimersByTimeAsync(10);
    expect(posted).toEqual(['2 events', 'report', 'reported']);
  });

  it('tries again, tells of the problem once, and of its end', async () => {
    const answers = [REFUSED, REFUSED, DELIVERED];
    const texts: string[] = [];
    const { notifier, problems } = setUp({
      post: async (_, { text }) => {
        texts.push(text);
        return answers.shift() ?? DELIVERED;
      },
    });
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(2_500);
    notifier.note(event('peer-silent'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(texts).toEqual(['1 events', '2 events', '2 events']);
    expect(problems).toEqual(['answered 500', null]);
  });

  it('writes down that it sends before it sends, and knows what was sent before its time', async () => {
    const order: string[] = [];
    const { notifier } = setUp({
      // Four messages a minute before: of an earlier start.
      store: {
        load: async () => [1, 2, 3, 4].map(() => Date.now() - 60_000),
        save: async (atMs) => void order.push(`${atMs.length} written`),
      },
      post: async () => {
        order.push('sent');
        return DELIVERED;
      },
    });
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(100_000);
    expect(order).toEqual([]);
    notifier.note(event('registry-given-up'));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(order).toEqual(['5 written', 'sent', '5 written']);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(order.at(-1)).toBe('5 written');
    expect(order).toHaveLength(4);
  });

  it('waits until it knows what was sent before; a store that has died later is no reason to be silent', async () => {
    let works = false;
    const { notifier, posted } = setUp({
      store: {
        load: () => (works ? Promise.resolve([]) : Promise.reject(new Error('away'))),
        save: () => new Promise(() => undefined),
      },
    });
    notifier.note(event('registry-given-up'));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(posted).toEqual([]);
    works = true;
    await jest.advanceTimersByTimeAsync(3_000);
    expect(posted).toEqual(['1 events']);
  });

  it('survives a fault of its own', async () => {
    const { notifier, problems } = setUp({
      eventsMessage: () => {
        throw new Error('oops');
      },
    });
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(problems).toEqual(['oops']);
  });

  it('waits for an address', async () => {
    let url: string | null = null;
    const { notifier, posted } = setUp({ url: () => url });
    notifier.note(event('node-red'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(posted).toEqual([]);
    url = 'http://127.0.0.1:1/';
    await jest.advanceTimersByTimeAsync(1_000);
    expect(posted).toEqual(['1 events']);
  });

  it('says what still waits when it is stopped, and does not hold up the stop', async () => {
    const { notifier, posted } = setUp();
    await jest.advanceTimersByTimeAsync(0);
    notifier.note(event('node-red'));
    await notifier.stop();
    expect(posted).toEqual(['1 events']);

    const silent = setUp({ post: () => new Promise(() => undefined) });
    await jest.advanceTimersByTimeAsync(0);
    silent.notifier.note(event('node-red'));
    let stopped = false;
    void silent.notifier.stop().then(() => {
      stopped = true;
    });
    await jest.advanceTimersByTimeAsync(2_000);
    expect(stopped).toBe(true);
  });
});
