import { ordersOf, settled, withCluster } from '../../core/orders/standing';
import type { ClusterSnapshot } from '../../core/snapshot';
import type { EventSink } from '../events';
import type { OrderBook } from './book';

/** Strikes out, in the clusters that are owned, orders that have been carried out; what fails is tried with the next snapshot. */
export function settler(
  book: Pick<OrderBook, 'orders' | 'change'>,
  ownership: { epoch(cluster: string): number | null },
  events: EventSink,
): (snapshot: ClusterSnapshot) => void {
  const busy = new Set<string>();
  return ({ cluster, nodes, atMs }) => {
    if (ownership.epoch(cluster) === null || busy.has(cluster)) return;
    const before = ordersOf(book.orders, cluster);
    if (settled(before, nodes, atMs) === before) return;
    busy.add(cluster);
    const change = book.change((orders) => {
      const old = ordersOf(orders, cluster);
      const left = settled(old, nodes, atMs);
      return left === old ? orders : withCluster(orders, cluster, left);
    });
    change
      .then((orders) => {
        if (before.roll === null || ordersOf(orders, cluster).roll !== null) return;
        events.emit({ kind: 'order-done', cluster, reason: `roll by ${before.roll.by}: every node has been replaced` });
      })
      .catch(() => undefined)
      .finally(() => busy.delete(cluster));
  };
}
