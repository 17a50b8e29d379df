import { z } from 'zod';
import type { ClusterOrders } from '../orders/standing';
import type { Phase } from '../protocol/agent';
import type { Health } from '../snapshot';

/** One instance that the fleet lists and that is not on its way out, as the decisions see it. */
export interface ScalingNode {
  readonly nodeId: string;
  readonly zone: string;
  /** What it runs; null until it has said so. */
  readonly version: string | null;
  /** `booting` until its first answer. */
  readonly health: Health;
  readonly phase: Phase;
  /** Its machine goes away within minutes, whatever is decided. @default false */
  readonly leaving?: boolean;
  /** The metric that sizes the cluster, as of the last answer; by default sessions plus reservations. Any unit. */
  readonly load: number;
  /** True when it answers, but does not report that metric: its load is not known, and given as 0. @default false */
  readonly unmeasured?: boolean;
  /** Admitted players as of the last answer: connected, or within the grace time. */
  readonly sessions: number;
  /** Reservations that have not arrived. */
  readonly pending: number;
  /** In players. */
  readonly capacity: number;
  /** Unix time in milliseconds. */
  readonly launchedAtMs: number;
  /** How long it has not answered, in milliseconds. */
  readonly silentMs: number;
}

/** What is known of a cluster at one moment. */
export interface ScalingSample {
  /** When the nodes were asked, Unix milliseconds. */
  readonly atMs: number;
  /** Rule S8: most nodes are silent at once, so the fault is probably ours. */
  readonly massFailure: boolean;
  readonly nodes: readonly ScalingNode[];
  /** Null when the fleet does not answer. */
  readonly group: {
    /** Instances that the fleet keeps up, those that drain included; a dead one is replaced by the fleet itself. */
    readonly desired: number;
    /** What nodes are to run; null when the fleet does not say. */
    readonly wantedVersion: string | null;
  } | null;
  /** Joins refused as FULL since the last sample. */
  readonly refused: number;
  /** Null when the registry does not answer. */
  readonly cooldowns: {
    /** Since the last scale-out by the registry's clock, in milliseconds; null: no stamp, which means "just scaled" (S5). */
    readonly outAgoMs: number | null;
    /** The same for the last scale-in. */
    readonly inAgoMs: number | null;
  } | null;
  /** What operators want of the cluster. @default nothing */
  readonly orders?: ClusterOrders;
}

/** Who decides: the rules of size, what follows from them, operators, and `sample` when there is nothing to decide on. */
export const RuleName = z.enum([
  'minimum',
  'average',
  'schedule',
  'forecast',
  'history',
  'emergency',
  'repair',
  'drain',
  'roll',
  'operator',
  'sample',
]);
export type RuleName = z.infer<typeof RuleName>;

/** Why something is done, or nothing. */
export interface Reason {
  readonly rule: RuleName;
  /** Stable while the situation is the same: a change of it is worth a line in the log. */
  readonly code: string;
  /** For people: with the numbers. */
  readonly text: string;
}

/** What is to be done; performed one at a time, in this order. Each may be lost or come late without harm. */
export type Action =
  /** Ask the fleet for an absolute size, larger than now. */
  | { readonly kind: 'grow'; readonly size: number; readonly reason: Reason }
  /** No new joins; waits for its last session. */
  | { readonly kind: 'drain'; readonly nodeId: string; readonly reason: Reason }
  /** Takes joins again. */
  | { readonly kind: 'undrain'; readonly nodeId: string; readonly reason: Reason }
  /** Empty: refuse every handshake from now on, irrevocably. */
  | { readonly kind: 'seal'; readonly nodeId: string; readonly reason: Reason }
  /** End this instance and lower the fleet's size by one; only ever a sealed or a red node. */
  | { readonly kind: 'terminate'; readonly nodeId: string; readonly reason: Reason }
  /** Tell the fleet that the instance will not come up, so that the fleet replaces it. */
  | { readonly kind: 'replace'; readonly nodeId: string; readonly reason: Reason }
  /** Ask `count` players to go elsewhere, spread over `withinMs`. */
  | {
      readonly kind: 'move';
      readonly nodeId: string;
      readonly count: number;
      readonly withinMs: number;
      readonly reason: Reason;
    };

/** The cooldown stamps: when the cluster last grew and last shrank by decision. */
export type Direction = 'out' | 'in';

/** What one rule wants. The largest wish wins, so "out" beats "in" without any further order among the rules. */
export interface Wish {
  readonly rule: RuleName;
  /** Nodes, open or coming, that there should be at least: fewer → scale-out. */
  readonly atLeast: number;
  /** The fleet may not shrink below this; never less than `atLeast`. */
  readonly keep: number;
  /** With fewer nodes than this `atLeast` would be more than there are: it is judged at the size of today. @default 0 */
  readonly floor?: number;
  /** Does not wait for the cooldown. */
  readonly urgent: boolean;
  readonly text: string;
}
