import type { Logger } from 'pino';
import {
  claimOf,
  decideLease,
  epochFloor,
  INITIAL_LEASE,
  isCurrent,
  isPlausibleEpoch,
  type Lease,
  type LeaseAction,
  type LeaseConfig,
  type LeasePeer,
  type LeaseState,
  leaseTaken,
  ownedEpoch,
} from '../../core/lease';
import { type LeaseRegistry, RegistryUnavailable } from '../../registry/types';
import { Complaints, messageOf } from '../complaints';
import type { EventSink } from '../events';

export interface ClusterLeaseOptions {
  readonly cluster: string;
  /** Our name in leases. */
  readonly me: string;
  /** We prefer this cluster. */
  readonly home: boolean;
  readonly lease: LeaseRegistry;
  readonly config: LeaseConfig;
  /** Null: there is no other balancer. */
  readonly peer: () => LeasePeer | null;
  readonly events: EventSink;
  readonly log: Logger;
}

/** Keeps one cluster's lease: looks at it, and does what `decideLease` says, one at a time. */
export class ClusterLease {
  readonly #options: ClusterLeaseOptions;
  readonly #complaints: Complaints;
  #state: LeaseState = INITIAL_LEASE;
  #reported = 0;
  /** As the registry last said. */
  #seen: Lease | null = null;
  #working: Promise<void> | null = null;
  #leaving = false;
  /** At first the benefit of the doubt: a balancer that has just started does not say that it cannot renew. */
  #answeredMs = performance.now();
  #connected = false;
  #reason = 'not looked at yet';

  constructor(options: ClusterLeaseOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  /** The epoch under which this balancer owns the cluster now; null when it does not. */
  get epoch(): number | null {
    return ownedEpoch(this.#state, performance.now());
  }

  /** How long the ownership lasts if the lease is not renewed any more, in milliseconds; 0 without one. */
  get remainingMs(): number {
    return Math.max(0, this.#state.untilMs - performance.now());
  }

  /** Who owns the cluster, as far as we know; null when nobody does, or the registry has not said for as long as a lease lasts. */
  get lease(): Lease | null {
    const { me, config } = this.#options;
    if (this.epoch !== null) return { owner: me, epoch: this.epoch };
    const current = performance.now() - this.#answeredMs < config.ttlMs && this.#seen?.owner !== me;
    return current ? this.#seen : null;
  }

  /** See `claimOf`. */
  get claim(): number {
    return claimOf(this.#state);
  }

  /** When the registry last answered, monotonic. */
  get answeredMs(): number {
    return this.#answeredMs;
  }

  /** Why it is as it is, for a person to read. */
  get reason(): string {
    return this.#reason;
  }

  /** A node has seen this epoch. */
  seen(epoch: number): void {
    if (epoch > this.#reported && isPlausibleEpoch(epoch, Date.now())) this.#reported = epoch;
  }

  /** Looks, and acts. While it is at it, and after `leave`, this does nothing. Never rejects. */
  async look(): Promise<void> {
    if (this.#working !== null || this.#leaving) return;
    this.#working = this.#look().catch((error) => void this.#unanswered(error));
    await this.#working;
    this.#working = null;
  }

  /** Gives an owned cluster to the peer, if there is one that can take it: this balancer is about to end. Never rejects. */
  async leave(): Promise<void> {
    this.#leaving = true;
    // What is under way first: its outcome must not undo ours.
    await this.#working;
    const { epoch } = this;
    const peer = this.#options.peer();
    this.#state = { ...this.#state, untilMs: Number.NEGATIVE_INFINITY };
    const { me, config } = this.#options;
    if (epoch === null || peer?.view?.canRenew !== true || peer.silentMs >= config.peerSilentMs) return;
    const expected = { owner: me, epoch };
    const action = { kind: 'handOver', expected, to: peer.view.owner, above: this.#state.known } as const;
    await this.#act(action, 'this balancer ends').catch((error) => void this.#unanswered(error));
  }

  async #look(): Promise<void> {
    const { me, home, config, lease } = this.#options;
    const askedMs = performance.now();
    const peer = this.#options.peer();
    const registry = await lease.read().catch((error) => this.#unanswered(error));
    if (registry !== null) {
      this.#answered(askedMs);
      this.#seen = registry.lease;
    }
    const nowMs = performance.now();
    if (registry !== null && !isCurrent(askedMs, nowMs, config)) return;
    const sample = { me, home, registry, reported: this.#reported, peer };
    const { state, action, reason } = decideLease(this.#state, sample, registry === null ? nowMs : askedMs, config);
    this.#state = state;
    this.#reason = reason;
    await this.#act(action, reason);
  }

  async #act(action: LeaseAction, reason: string): Promise<void> {
    const { lease, me, config } = this.#options;
    const sentMs = performance.now();
    switch (action.kind) {
      case 'none':
        return;
      case 'stepDown':
        this.#tell('cluster-lost', reason);
        return;
      case 'renew': {
        if (!(await lease.renew(action.lease, config.ttlMs))) return;
        const handedOver = action.lease.epoch !== this.#state.mine;
        this.#own(action.lease.epoch, sentMs);
        if (handedOver) this.#tell('cluster-owned', 'the peer handed it over');
        return;
      }
      case 'acquire': {
        const granted = await lease.grant(action.expected, me, epochFloor(action.above, Date.now()), config.ttlMs);
        if (granted === null) return;
        this.#own(granted.epoch, sentMs);
        this.#tell('cluster-owned', reason);
        return;
      }
      case 'handOver': {
        const above = epochFloor(action.above, Date.now());
        const granted = await lease.grant(action.expected, action.to, above, config.ttlMs);
        if (granted === null) return;
        this.#state = { ...this.#state, known: Math.max(this.#state.known, granted.epoch) };
        this.#tell('cluster-handed-over', reason, granted.epoch);
      }
    }
  }

  #own(epoch: number, sentMs: number): void {
    this.#state = leaseTaken(this.#state, epoch, sentMs, this.#options.config);
    this.#answered(sentMs);
  }

  #answered(askedMs: number): void {
    this.#answeredMs = askedMs;
    this.#connected = true;
    this.#complaints.settle(this.#options.cluster);
  }

  #unanswered(error: unknown): null {
    // At our start the connection is not there yet; if it stays so, the connection says it.
    if (error instanceof RegistryUnavailable && !this.#connected) return null;
    this.#complaints.raise(this.#options.cluster, `its lease cannot be looked after: ${messageOf(error)}`);
    return null;
  }

  #tell(kind: string, reason: string, epoch = this.#state.mine): void {
    const { cluster, events, home } = this.#options;
    events.emit({ kind, cluster, reason, details: { epoch, home } });
  }
}
