import { describe, expect, it } from '@jest/globals';
import { ClusterOrders, NO_ORDERS, ordersOf, StandingOrders, settled } from '../../../../runtime/core/orders/standing';

const word = { by: 'ann', why: 'a try', atMs: 1 };

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
    const nodes = [
      { nodeId: 'a', open: true },
      { nodeId: 'b', open: false },
      { nodeId: 'c', open: false },
      { nodeId: 'x', open: true },
    ];
    expect(settled(orders, nodes)).toBe(orders);
    const open = [
      { nodeId: 'a', open: true },
      { nodeId: 'c', open: true },
    ];
    const left = settled(orders, open);
    expect([Object.keys(left.nodes), left.roll?.nodes]).toEqual([['a'], ['a']]);
    expect(settled(left, [])).toEqual(NO_ORDERS);
  });
});
