import type { Logger } from 'pino';
import type { Lease, LeaseConfig, LeasePeer } from '../../core/lease';
import type { LeaseRegistry } from '../../registry/types';
import type { EventSink } from '../events';
import type { Ownership } from '../watch/registry-writer';
import { ClusterLease } from './cluster-lease';
import { balancerOf } from './peer';

export interface LeasedOwnershipOptions {
  /** Our name in leases; of this start only. */
  readonly me: string;
  readonly leases: ReadonlyMap<string, LeaseRegistry>;
  /** Clusters that this balancer prefers. */
  readonly home: readonly string[];
  readonly config: LeaseConfig;
  /** How often leases are looked at and renewed, in milliseconds. */
  readonly renewMs: number;
  /** The peer, as far as one cluster is concerned; null when there is none. */
  readonly peer: (cluster: string) => LeasePeer | null;
  readonly events: EventSink;
  readonly log: Logger;
}

/** How long leaving may take, in milliseconds. */
const LEAVE_LIMIT_MS = 1_000;

/** Which clusters this balancer owns, by leases in the registry. */
export class LeasedOwnership implements Ownership {
  readonly #options: LeasedOwnershipOptions;
  readonly #leases: ReadonlyMap<string, ClusterLease>;
  readonly #beat: NodeJS.Timeout;
  #retired = false;

  constructor(options: LeasedOwnershipOptions) {
    this.#options = options;
    const { leases, home, peer, ...shared } = options;
    this.#leases = new Map(
      [...leases].map(([cluster, lease]) => [
        cluster,
        new ClusterLease({ ...shared, cluster, lease, home: home.includes(cluster), peer: () => peer(cluster) }),
      ]),
    );
    this.#beat = setInterval(() => this.look(), options.renewMs);
    this.look();
  }

  epoch(cluster: string): number | null {
    return this.#leases.get(cluster)?.epoch ?? null;
  }

  /** Which balancer owns the cluster, by its id; null when nobody does, or nobody can say. */
  owner(cluster: string): Lease | null {
    const lease = this.#leases.get(cluster)?.lease ?? null;
    return lease && { owner: balancerOf(lease.owner), epoch: lease.epoch };
  }

  /**
   * How long this balancer stays the owner if it can not renew any more, in milliseconds; 0 when it is not. A call to the fleet gets
   * a time limit below this.
   */
  remainingMs(cluster: string): number {
    return this.#leases.get(cluster)?.remainingMs ?? 0;
  }

  /** A node of the cluster has seen this epoch. */
  seen(cluster: string, epoch: number): void {
    this.#leases.get(cluster)?.seen(epoch);
  }

  /** The registry answered lately: two looks may be missed. Not so once this balancer ends. */
  get canRenew(): boolean {
    if (this.#retired) return false;
    const since = performance.now() - 3 * this.#options.renewMs;
    return [...this.#leases.values()].every(({ answeredMs }) => answeredMs > since);
  }

  /** The clusters of which we were the last owner, and under which epochs. */
  get claims(): { cluster: string; epoch: number }[] {
    return [...this.#leases]
      .map(([cluster, { claim }]) => ({ cluster, epoch: claim }))
      .filter(({ epoch }) => epoch > 0);
  }

  /** Looks at every lease now: something has changed. */
  look(): void {
    for (const lease of this.#leases.values()) void lease.look();
  }

  /** This balancer ends: the peer is to know before it is given anything, lest it gives it back. */
  retire(): void {
    this.#retired = true;
  }

  /** Hands over what it owns, when there is somebody to take it; a registry that does not answer is not waited for. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    const left = Promise.all([...this.#leases.values()].map((lease) => lease.leave()));
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      limit = setTimeout(resolve, LEAVE_LIMIT_MS);
    });
    await Promise.race([left, late]);
    clearTimeout(limit);
  }
}
