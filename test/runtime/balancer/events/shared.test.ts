import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventLog, SharedEvents } from '../../../../runtime/balancer/events';
import { type EventStream, RedisEventStream, RegistryUnavailable } from '../../../../runtime/registry';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';

const redis = testRedis();
afterAll(() => redis.disconnect());

/** A stream that can be cut off, before or after what was asked is done. */
class CutStream implements EventStream {
  cut: 'no' | 'before' | 'after' = 'no';
  readonly #stream: RedisEventStream;

  constructor(stack: string) {
    this.#stream = new RedisEventStream(redis, stack);
  }

  append: EventStream['append'] = (...args) => this.#reach(() => this.#stream.append(...args));
  after: EventStream['after'] = (...args) => this.#reach(() => this.#stream.after(...args));
  latest: EventStream['latest'] = (...args) => this.#reach(() => this.#stream.latest(...args));

  async #reach<T>(work: () => Promise<T>): Promise<T> {
    if (this.cut === 'before') throw new RegistryUnavailable(new Error('cut'));
    const answer = await work();
    if (this.cut === 'after') throw new RegistryUnavailable(new Error('cut'));
    return answer;
  }
}

let stack = '';
beforeEach(() => {
  stack = testStack();
});
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function balancer(balancerId: string) {
  const log = new EventLog({ balancerId, now: Date.now });
  const stream = new CutStream(stack);
  const shared = new SharedEvents({ log, stream, everyMs: 50 });
  undo.push(() => shared.stop());
  const told = () => shared.after(0, 1_000).map(({ balancerId, reason }) => `${balancerId} ${reason}`);
  const emit = (reason: string) => log.emit({ kind: 'test', reason });
  return { stream, shared, told, emit, ids: () => shared.after(0, 1_000).map(({ id }) => id) };
}

describe('events of two balancers', () => {
  it('are told by both, in one order and under the same ids', async () => {
    const [a, b] = [balancer('a'), balancer('b')];
    for (let index = 0; index < 20; index += 1) (index % 2 ? a : b).emit(String(index));
    await eventually('both know all', () => a.told().length === 20 && b.ids().join() === a.ids().join());
    expect(a.shared.after(0, 100)).toEqual(b.shared.after(0, 100));
    const ids = a.ids();
    expect(ids).toEqual([...ids].sort((x, y) => x - y));
    expect(a.shared.after(ids[16] ?? 0, 2).map(({ id }) => id)).toEqual([ids[17], ids[18]]);
    expect(String(ids[0]).length).toBeLessThanOrEqual(15);
  });

  it('carry all that was said of them, and reach listeners once', async () => {
    const a = balancer('a');
    const seen: unknown[] = [];
    a.shared.onEvent((event) => seen.push(event));
    const log = new EventLog({ balancerId: 'b', now: () => 7 });
    const b = new SharedEvents({ log, stream: new RedisEventStream(redis, stack), everyMs: 50 });
    undo.push(() => b.stop());
    const event = { kind: 'order-drain', cluster: 'game', nodeId: 'n1', reason: 'old', by: 'ann', details: { a: [1] } };
    log.emit(event);
    await eventually('it is seen', () => seen.length > 0);
    expect(seen).toEqual([{ ...event, id: expect.any(Number), atMs: 7, balancerId: 'b' }]);
  });

  it('are known to a balancer that starts later, and the last ones of one that ends', async () => {
    const a = balancer('a');
    a.emit('first');
    a.emit('last words');
    await a.shared.stop();
    const c = balancer('c');
    await eventually('it knows them', () => c.told().join() === 'a first,a last words');
  });

  it('are told from memory while the registry is away, and once to everybody when it is back', async () => {
    const [a, b] = [balancer('a'), balancer('b')];
    a.emit('before');
    await eventually('b knows it', () => b.told().length === 1);
    a.stream.cut = 'before';
    a.emit('meanwhile');
    await eventually('a tells it', () => a.told().join() === 'a before,a meanwhile');
    const cursor = a.ids()[1] ?? 0;
    a.stream.cut = 'no';
    await eventually('b knows it', () => b.told().join() === 'a before,a meanwhile');
    await eventually('a has its final id', () => a.ids().join() === b.ids().join());
    expect(a.shared.after(0, 10)).toEqual(b.shared.after(0, 10));
    // It is told again, never lost, to who has seen it under the id of before.
    expect(b.shared.after(cursor, 10).map(({ reason }) => reason)).toEqual(['meanwhile']);
  });

  it('are written once, also when the answer was lost', async () => {
    const [a, b] = [balancer('a'), balancer('b')];
    a.stream.cut = 'after';
    a.emit('one');
    await eventually('b knows it', () => b.told().length === 1);
    a.stream.cut = 'no';
    a.emit('two');
    await eventually('b knows the next', () => b.told().includes('a two'));
    expect(b.told()).toEqual(['a one', 'a two']);
  });

  it('that nobody can read do not end the list', async () => {
    const a = balancer('a');
    await new RedisEventStream(redis, stack).append([{ id: 1, text: '{' }], 0);
    a.emit('next');
    await eventually('both are there', () => a.told().length === 2);
    expect(a.shared.after(0, 10).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['event-unreadable', 'test']));
  });
});
