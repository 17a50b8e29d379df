import type { ClusterReader, ShownCluster } from '../../api/backend';
import type { Lease } from '../../core/lease';
import { type Maintenance, ordersOf, type StandingOrders } from '../../core/orders/standing';
import type { ClusterView } from '../watch/view';

export interface PendingReaderOptions {
  readonly view: Pick<ClusterView, 'clusters' | 'snapshot'>;
  /** Reservations that have not arrived, by node, as the registry counts them. */
  readonly counts: (cluster: string) => Promise<ReadonlyMap<string, number>>;
  /** Whether the registry is relied on. */
  readonly answers: () => boolean;
  /** Who owns a cluster; null when nobody can say. */
  readonly owner: (cluster: string) => Lease | null;
  /** What operators want. */
  readonly orders: () => StandingOrders;
  /** How often the counts are read, in milliseconds. */
  readonly everyMs: number;
}

/**
 * The clusters as operators are shown them: what our own polls say, and the reservations of both balancers, which only the registry
 * knows; null while it does not answer.
 */
export class PendingReader implements ClusterReader {
  readonly #options: PendingReaderOptions;
  readonly #counts = new Map<string, ReadonlyMap<string, number> | null>();
  readonly #beat: NodeJS.Timeout;

  constructor(options: PendingReaderOptions) {
    this.#options = options;
    this.#beat = setInterval(() => this.#readAll(), options.everyMs);
    this.#readAll();
  }

  clusters(): readonly string[] {
    return this.#options.view.clusters();
  }

  snapshot(cluster: string): ShownCluster | undefined {
    const { view, answers, owner, orders } = this.#options;
    const counts = answers() ? (this.#counts.get(cluster) ?? null) : null;
    const snapshot = view.snapshot(cluster);
    if (snapshot === undefined) return undefined;
    const nodes = snapshot.nodes.map((node) => ({ ...node, pending: counts && (counts.get(node.nodeId) ?? 0) }));
    const lease = owner(cluster);
    const { owner: name = null, epoch = null } = lease ?? {};
    return { ...snapshot, nodes, owner: name, epoch, orders: ordersOf(orders(), cluster) };
  }

  maintenance(): Maintenance | null {
    return this.#options.orders().maintenance;
  }

  stop(): void {
    clearInterval(this.#beat);
  }

  #readAll(): void {
    for (const cluster of this.clusters()) void this.#read(cluster);
  }

  async #read(cluster: string): Promise<void> {
    const counts = await this.#options.counts(cluster).catch(() => null);
    this.#counts.set(cluster, counts);
  }
}
