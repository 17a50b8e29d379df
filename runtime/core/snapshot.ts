import type { Phase } from './protocol/agent';

/**
 * How the balancer sees a node.
 * booting: never answered yet. green: answers. suspect: missed a poll, gets no new joins. held: silent, but so are most others,
 * so that the fault is probably ours (rule S8): last choice for joins, never evicted for silence. red: dead, to be replaced.
 */
export type Health = 'booting' | 'green' | 'suspect' | 'held' | 'red';

/** One node as of one tick. */
export interface NodeSnapshot {
  readonly nodeId: string;
  /** Null until the node has said hello. */
  readonly startId: string | null;
  readonly endpoint: string;
  readonly zone: string;
  readonly version: string;
  readonly health: Health;
  readonly phase: Phase;
  /** It says that its machine goes away within minutes (Spot). @default false */
  readonly leaving?: boolean;
  /** What the node itself last said, when that is not `phase`: it is being told to drain, and may have obeyed. @default `phase` */
  readonly said?: Phase;
  /** Players' connections as of the last answer. */
  readonly connections: number;
  /** Admitted players as of the last answer: connected, or within the grace time. */
  readonly sessions: number;
  /** Reservations that have not arrived yet. */
  readonly pending: number;
  readonly capacity: number;
  /** Capacity times health, refreshed every second. */
  readonly weight: number;
  /** Most reservations that may be pending at once. */
  readonly window: number;
  readonly loopDelayMs: number;
  readonly rssBytes: number;
  /** What else the node reports, by name: `cpu`, the length of a queue. @default nothing */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Unix time in milliseconds at which the fleet launched it. */
  readonly launchedAtMs: number;
  /** How long it has not answered, in milliseconds; 0 when the last poll was answered. */
  readonly silentMs: number;
}

/** A cluster as of one tick. */
export interface ClusterSnapshot {
  readonly cluster: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** Rule S8: more than half of the nodes, at least two, are silent. */
  readonly massFailure: boolean;
  readonly nodes: readonly NodeSnapshot[];
}

/** The name of the metric that every node has, `load`; it sizes a cluster that chooses no other. */
export const PLAYERS = 'players';

/** Load of a node: sessions plus reservations that have not arrived. Sessions, not connections: a player in a tunnel keeps the seat. */
export function load(node: Pick<NodeSnapshot, 'sessions' | 'pending'>): number {
  return node.sessions + node.pending;
}
