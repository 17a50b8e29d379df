import { asyncScheduler, filter, map, merge, type Observable, type SchedulerLike, share } from 'rxjs';
import type { ScalingConfig } from '../core/config/scaling';
import type { Decision } from '../core/scaling/decide';
import type { ClusterSnapshot } from '../core/snapshot';
import { ClusterAutoscaler } from './cluster-autoscaler';
import type { AutoscalerPorts } from './ports';

export { NotYet } from './executor';
export type * from './ports';

export interface AutoscalerOptions {
  /** How each cluster scales; a cluster that is not named is left alone. */
  readonly clusters: ReadonlyMap<string, ScalingConfig>;
  /** Snapshots of all clusters, about one a second each. */
  readonly snapshots$: Observable<ClusterSnapshot>;
  readonly ports: AutoscalerPorts;
  /** Time limit of each call to a port, in milliseconds; shorter than a lease, so that no call outlives the ownership by much. @default 3_000 */
  readonly timeoutMs?: number;
  /** How long the fleet's answer about a group is good, in milliseconds. @default 5_000 */
  readonly groupEveryMs?: number;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

export interface Autoscaler {
  /** Hot: the decisions as they are taken. */
  readonly decisions$: Observable<{ readonly cluster: string; readonly decision: Decision }>;
  /** Takes no more decisions; an action under way is given up. */
  stop(): void;
}

/** Starts scaling the clusters: one hot stream of snapshots, shared by all; the clusters scale side by side. */
export function startAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { timeoutMs = 3_000, groupEveryMs = 5_000, scheduler = asyncScheduler, ports } = options;
  const shared$ = options.snapshots$.pipe(share());
  const scaling = [...options.clusters].map(([cluster, config]) => {
    const snapshots$ = shared$.pipe(filter((snapshot) => snapshot.cluster === cluster));
    const common = { timeoutMs, groupEveryMs, scheduler, ports };
    const scaler = new ClusterAutoscaler({ ...common, cluster, config, snapshots$ });
    return scaler.decisions$().pipe(map((decision) => ({ cluster, decision })));
  });
  const decisions$ = merge(...scaling).pipe(share());
  const running = decisions$.subscribe();
  return {
    decisions$,
    stop: () => running.unsubscribe(),
  };
}
