import type { ObservableInput } from 'rxjs';
import type { ClusterOrders } from '../core/orders/standing';
import type { Direction } from '../core/scaling/types';
import type { NodeSnapshot } from '../core/snapshot';
import type { DecisionRecorder } from './recording';

/**
 * What the autoscaler needs of others. Every answer is an `ObservableInput`, so a promise will do; tests in virtual time answer
 * with observables. Each call may fail, and is given up after the time limit of the autoscaler.
 */

/** An order to a node; the messages of the agent channel without version and epoch. */
export type NodeOrder =
  | { readonly kind: 'drain' | 'undrain' | 'seal' }
  | { readonly kind: 'move'; readonly count: number; readonly withinMs: number };

export type NodeOrderReply =
  | { readonly ok: true; readonly phase: NodeSnapshot['phase']; readonly sessions: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Gives orders to nodes over the agent channel. */
export interface NodeOrders {
  order(cluster: string, nodeId: string, order: NodeOrder, epoch: number): ObservableInput<NodeOrderReply>;
}

/** The part of the fleet port that scaling uses. */
export interface ScalingFleet {
  group(cluster: string): ObservableInput<{ readonly desired: number; readonly wantedVersion: string | null }>;
  grow(cluster: string, size: number): ObservableInput<unknown>;
  terminate(cluster: string, nodeId: string): ObservableInput<unknown>;
  reportUnhealthy(cluster: string, nodeId: string): ObservableInput<unknown>;
}

/** What the store holds of one cluster. */
export interface Stored {
  /** What was last saved; null when nothing was. */
  readonly state: string | null;
  /** Milliseconds since each stamp, by the store's own clock; null when there is none. */
  readonly outAgoMs: number | null;
  readonly inAgoMs: number | null;
  /** Joins refused as FULL since the last `load`, on whichever balancer. */
  readonly refused: number;
}

/** Where state and cooldown stamps outlive the balancer: the registry. */
export interface ScalingStore {
  load(cluster: string): ObservableInput<Stored>;
  /** Writes the state and stamps the given directions as of now, by the store's own clock, atomically. Refuses an epoch older than the highest it has seen (S4). */
  save(
    cluster: string,
    entry: { readonly epoch: number; readonly state: string; readonly stamps: readonly Direction[] },
  ): ObservableInput<unknown>;
}

/** Takes a node out of the joins at once, before it is told to drain. */
export interface JoinGate {
  suspend(cluster: string, nodeId: string, epoch: number): ObservableInput<unknown>;
}

export interface Ownership {
  /** The epoch under which this balancer owns the cluster; null when it does not: then it does nothing. */
  epoch(cluster: string): number | null;
}

/** The decision log. */
export interface ScalingEvent {
  /** `scaling-` and the action that was performed, `scaling-failed`, or `scaling-unchanged` for a new reason to do nothing. */
  readonly kind: string;
  readonly cluster: string;
  readonly nodeId?: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ScalingEvents {
  emit(event: ScalingEvent): void;
}

/** What operators want. */
export interface Operators {
  /** As it stands now; null until that is known: then nothing is decided. */
  of(cluster: string): ClusterOrders | null;
  /** The order for a size is over; called until it stands no more. */
  sizeOver(cluster: string, why: string): void;
}

export interface AutoscalerPorts {
  readonly fleet: ScalingFleet;
  readonly orders: NodeOrders;
  readonly gate: JoinGate;
  readonly store: ScalingStore;
  readonly ownership: Ownership;
  readonly events: ScalingEvents;
  /** @default nobody wants anything */
  readonly operators?: Operators;
  /** Gets every decision with what went into it. @default nobody */
  readonly recorder?: DecisionRecorder | undefined;
  /** Whether a node that is dead to us may be ended now: not while another balancer hears it (S1). @default always */
  readonly mayReplace?: (cluster: string, nodeId: string) => boolean;
}
