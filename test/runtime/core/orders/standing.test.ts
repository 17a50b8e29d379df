import { describe, expect, it } from '@jest/globals';
import { ClusterOrders, NO_ORDERS, ordersOf, StandingOrders, settled } from '../../../../runtime/core/orders/standing';

const word = { by: 'ann', why: 'a try', atMs: 1 };
const LATER = 60_000;
type Node = Parameters<typeof settled>[1][number];
const node = (nodeId: string, over: Partial<Node> = {}): Node => ({ nodeId, health: 'green', phase: 'open', ...over });

describe('standing orders', () => {
  it('are none for a cluster that nobody spoke of, whatever its name', () => {
    const orders = StandingOrders.parse({ clusters: { game: { paused: word } } });
    expect(ordersOf(orders, 'game').paused).toEqual(word);
    expect(ordersOf(orders, 'lobby')).toBe(NO_ORDERS);
    expect(ordersOf(orders, 'constructor')).toBe(NO_ORDERS);
  });

  it('are struck out when they are carried out, and not before', () => {
    const orders = ClusterOrders.parse({
      nodes: { a: { ...word, order: 'drain' }, b: { ...word, order: 'drain' }, c: { ...word, order: 'undrain' } },
      roll: { ...word, nodes: ['a', 'x'] },
    });
    const nodes = [node('a'), node('b', { phase: 'draining' }), node('c', { phase: 'draining' }), node('x')];
    expect(settled(orders, nodes, LATER)).toBe(orders);
    const open = [node('a'), node('c')];
    const left = settled(orders, open, LATER);
    expect([Object.keys(left.nodes), left.roll?.nodes]).toEqual([['a'], ['a']]);
    expect(settled(left, [], LATER)).toEqual(NO_ORDERS);
  });

  it('to take a node back stand for a while, and until the node is up: it may yet be told to drain', () => {
    const orders = ClusterOrders.parse({ nodes: { a: { ...word, order: 'undrain' } } });
    expect(settled(orders, [node('a')], word.atMs + 9_000)).toBe(orders);
    expect(settled(orders, [node('a', { health: 'booting' })], LATER)).toBe(orders);
    expect(settled(orders, [node('a', { phase: 'draining', said: 'open' })], LATER)).toEqual(NO_ORDERS);
  });
});
