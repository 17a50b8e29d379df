import { z } from 'zod';
import type { NodeSnapshot } from '../snapshot';

/** Who gave an order, why, and when (Unix milliseconds). */
const Word = z.object({ by: z.string(), why: z.string(), atMs: z.number() });
export type Word = z.infer<typeof Word>;

/** What operators want of one cluster. */
export const ClusterOrders = z.object({
  /** The autoscaler starts and ends nothing until it is resumed; null: it works. */
  paused: Word.nullable().default(null),
  /** By node. `drain` holds until it is undrained or gone; `undrain` until it takes joins again. */
  nodes: z.record(z.string(), Word.extend({ order: z.enum(['drain', 'undrain']) })).default({}),
  /** A size to reach once, in nodes; null: the rules alone decide. */
  size: Word.extend({ size: z.int().min(0) })
    .nullable()
    .default(null),
  /** Nodes to be replaced, a few at a time; null: none. */
  roll: Word.extend({ nodes: z.array(z.string()) })
    .nullable()
    .default(null),
});
export type ClusterOrders = z.infer<typeof ClusterOrders>;

/** Nobody wants anything. */
export const NO_ORDERS: ClusterOrders = ClusterOrders.parse({});

const Maintenance = Word.extend({
  /** False: it is over since `atMs`, and those who waited are let in slowly. */
  on: z.boolean(),
  /** When it is expected to end, Unix milliseconds; null: nobody said. It ends by order only. */
  untilMs: z.number().nullable().default(null),
});
export type Maintenance = z.infer<typeof Maintenance>;

/** The orders of operators that last: plain JSON, the same for both balancers. */
export const StandingOrders = z.object({
  /** Grows with every change: of two versions the higher one holds. */
  rev: z.int().min(0).default(0),
  clusters: z.record(z.string(), ClusterOrders).default({}),
  maintenance: Maintenance.nullable().default(null),
});
export type StandingOrders = z.infer<typeof StandingOrders>;

export function ordersOf(orders: StandingOrders, cluster: string): ClusterOrders {
  return Object.hasOwn(orders.clusters, cluster) ? (orders.clusters[cluster] ?? NO_ORDERS) : NO_ORDERS;
}

export function withCluster(orders: StandingOrders, cluster: string, of: ClusterOrders): StandingOrders {
  return { ...orders, clusters: { ...orders.clusters, [cluster]: of } };
}

/** A node is wanted back for this long at least, in milliseconds, open or not: an order to drain may be on its way to it. */
const UNDRAIN_MS = 10_000;

/**
 * Without what is done: drained nodes that are gone, undrained ones that take joins again, a roll whose nodes are all gone.
 * @param nowMs Unix milliseconds.
 */
export function settled(
  orders: ClusterOrders,
  nodes: readonly Pick<NodeSnapshot, 'nodeId' | 'health' | 'phase' | 'said'>[],
  nowMs: number,
): ClusterOrders {
  const there = new Map(nodes.map((node) => [node.nodeId, node]));
  const kept = Object.entries(orders.nodes).filter(([nodeId, { order, atMs }]) => {
    const node = there.get(nodeId);
    if (node === undefined || order === 'drain') return node !== undefined;
    const open = node.health === 'green' && (node.said ?? node.phase) === 'open';
    return !open || Math.abs(nowMs - atMs) < UNDRAIN_MS;
  });
  const left = orders.roll?.nodes.filter((nodeId) => there.has(nodeId)) ?? [];
  const same = kept.length === Object.keys(orders.nodes).length && left.length === (orders.roll?.nodes.length ?? 0);
  if (same && (orders.roll === null || left.length > 0)) return orders;
  const roll = orders.roll === null || left.length === 0 ? null : { ...orders.roll, nodes: left };
  return { ...orders, nodes: Object.fromEntries(kept), roll };
}

/** `ann (new kernel)`. */
export function said({ by, why }: Word): string {
  return `${by} (${why})`;
}
