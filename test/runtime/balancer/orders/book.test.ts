import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderBook } from '../../../../runtime/balancer/orders/book';
import { ordersOf, withCluster } from '../../../../runtime/core/orders/standing';
import { type OrderStore, RedisOrders, RegistryUnavailable } from '../../../../runtime/registry';
import { ordersKey } from '../../../../runtime/registry/keys';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';
import { keptLog } from '../support';

const redis = testRedis();
afterAll(() => redis.disconnect());

let stack = '';
beforeEach(() => {
  stack = testStack();
});
const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function book() {
  const store = new RedisOrders(redis, stack);
  const cut = { away: false };
  const reach = <T>(work: () => Promise<T>): Promise<T> =>
    cut.away ? Promise.reject(new RegistryUnavailable(new Error('cut'))) : work();
  const cutStore: OrderStore = {
    load: () => reach(() => store.load()),
    save: (...args) => reach(() => store.save(...args)),
  };
  const { log, lines } = keptLog();
  const made = new OrderBook({ store: cutStore, log, everyMs: 30 });
  undo.push(() => made.stop());
  return { book: made, cut, lines };
}

const word = { by: 'ann', why: 'a try', atMs: 1 };
const pause = (cluster: string) => (orders: Parameters<typeof ordersOf>[0]) =>
  withCluster(orders, cluster, { ...ordersOf(orders, cluster), paused: word });
const paused = ({ orders }: OrderBook) => Object.keys(orders.clusters).sort().join();

describe('the book of orders', () => {
  it('is the same for both balancers, and for one that starts later', async () => {
    const [a, b] = [book(), book()];
    await a.book.change(pause('game'));
    expect(paused(a.book)).toBe('game');
    await eventually('the other knows it', () => paused(b.book) === 'game');
    const c = book();
    await eventually('the third knows it', () => paused(c.book) === 'game');
  });

  it('loses none of two changes at one moment', async () => {
    const books = [book(), book(), book()];
    await Promise.all(books.map(({ book }, index) => book.change(pause(`c${index}`))));
    for (const { book } of books) await eventually('all are known', () => paused(book) === 'c0,c1,c2');
  });

  it('changes nothing that cannot be kept, and keeps what is known while the registry is away', async () => {
    const { book: orders, cut } = book();
    await orders.change(pause('game'));
    cut.away = true;
    await expect(orders.change(pause('lobby'))).rejects.toThrow(RegistryUnavailable);
    expect(paused(orders)).toBe('game');
  });

  it('is written back when the registry has lost it', async () => {
    const [a, b] = [book(), book()];
    await a.book.change(pause('game'));
    await redis.del(ordersKey(stack));
    await eventually('it is there again', async () => (await redis.hget(ordersKey(stack), 'rev')) !== null);
    await b.book.change(pause('lobby'));
    await eventually('nothing is lost', () => paused(a.book) === 'game,lobby');
  });

  it('says once when what is stored cannot be read, and goes by what it knew', async () => {
    const { book: orders, lines } = book();
    await orders.change(pause('game'));
    await redis.hset(ordersKey(stack), { rev: 99, orders: '{' });
    await eventually('it is told', () => lines.some(({ msg }) => msg.includes('cannot be looked at')));
    expect(paused(orders)).toBe('game');
  });
});
