import type { Logger } from 'pino';
import type { AnyOrder, OrderReply } from '../../core/protocol/agent';
import type { Fleet } from '../../fleet/port';
import type { EventSink } from '../events';
import { ClusterWatch } from './cluster-watch';
import type { Consolidation } from './last-choice';
import type { ProbeFactory } from './probe';
import type { ClusterRegistry, Ownership } from './registry-writer';
import { type ClusterView, LiveView } from './view';

export interface WatchOptions {
  /** What to watch, and where each cluster's state is written. */
  readonly clusters: ReadonlyMap<string, ClusterRegistry>;
  readonly fleet: Pick<Fleet, 'describe' | 'reportUnhealthy'>;
  readonly probe: ProbeFactory;
  readonly ownership: Ownership;
  /** Whether a node that is silent to us may be replaced now (S1); asked each tick. @default always */
  readonly mayReplace?: (cluster: string, nodeId: string) => boolean;
  /** Clusters whose nodes an autoscaler lets go: it ends those that die on their way, and they are not replaced. @default none */
  readonly scaled?: ReadonlySet<string>;
  /** To how few nodes joins of a cluster go; null: evenly over all. @default null for all */
  readonly consolidation?: (cluster: string) => Consolidation | null;
  readonly events: EventSink;
  readonly log: Logger;
  /** Told how long each tick took, in milliseconds. @default nobody */
  readonly onTick?: (cluster: string, tookMs: number) => void;
  /** Period of polls and ticks, in milliseconds. @default 1_000 */
  readonly pollMs?: number;
  /** Silence after which a node is red, in milliseconds. @default 30_000 */
  readonly redAfterMs?: number;
}

export interface Watch {
  readonly view: ClusterView;
  /** Why a cluster cannot be served as it should, for a person to read; null when all is well. */
  trouble(): string | null;
  /** Gives an order to a node. Rejects when there is no channel to it, or no answer in time: it may or may not have obeyed. */
  order(cluster: string, nodeId: string, order: AnyOrder, timeoutMs: number): Promise<OrderReply>;
  /** Takes a node out of the joins at once: it is about to be told to drain. Rejects when that cannot be written. */
  suspend(cluster: string, nodeId: string, epoch: number): Promise<void>;
  /** Has a node replaced that does not come up; it gets no players from now on. Rejects when the fleet may not know. */
  replace(cluster: string, nodeId: string): Promise<void>;
  /** Asks the fleet at once what it lists now: something was changed. */
  look(cluster: string): void;
  /** Ends every poll and channel. */
  stop(): void;
}

/**
 * The watch loop. Each cluster: the instances are listed and each is polled once every `pollMs`; each tick judges health, weights and
 * windows, publishes a snapshot, and writes the registry where this balancer owns the cluster. Neither a slow fleet nor a slow
 * registry delays the polls or the judgement.
 */
export function startWatch(options: WatchOptions): Watch {
  const { clusters, scaled, consolidation, pollMs = 1_000, redAfterMs = 30_000, ...shared } = options;
  const view = new LiveView([...clusters.keys()]);
  const watches = new Map<string, ClusterWatch>();
  for (const [cluster, registry] of clusters) {
    const log = options.log.child({ cluster });
    const publish = view.publish.bind(view);
    const health = { pollMs, redAfterMs };
    const isScaled = scaled?.has(cluster) ?? false;
    const watch = new ClusterWatch({
      ...{ ...shared, cluster, scaled: isScaled, registry, log, health, publish },
      consolidation: consolidation?.(cluster) ?? null,
    });
    watch.start();
    watches.set(cluster, watch);
  }
  const watchOf = (cluster: string): ClusterWatch => {
    const watch = watches.get(cluster);
    if (watch === undefined) throw new Error(`cluster ${cluster} is not watched`);
    return watch;
  };
  return {
    view,
    trouble: () => {
      for (const [cluster, watch] of watches) {
        const trouble = watch.trouble();
        if (trouble !== null) return `${cluster}: ${trouble}`;
      }
      return null;
    },
    order: async (cluster, nodeId, order, timeoutMs) => watchOf(cluster).order(nodeId, order, timeoutMs),
    suspend: async (cluster, nodeId, epoch) => watchOf(cluster).suspend(nodeId, epoch),
    replace: async (cluster, nodeId) => watchOf(cluster).replace(nodeId),
    look: (cluster) => watches.get(cluster)?.look(),
    stop: () => {
      for (const watch of watches.values()) watch.stop();
      view.close();
    },
  };
}
