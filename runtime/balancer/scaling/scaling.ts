import { type Autoscaler, type AutoscalerPorts, type ScalingFleet, startAutoscaler } from '../../autoscaler';
import type { DecisionRecorder } from '../../autoscaler/recording';
import type { ScalingConfig } from '../../core/config/scaling';
import { AGENT_PROTOCOL } from '../../core/protocol/agent';
import type { Fleet } from '../../fleet/port';
import { SEAT_GRACE_MS } from '../../registry';
import type { EventSink } from '../events';
import type { LeasedOwnership } from '../pair/ownership';
import type { Watch } from '../watch/watch';

export interface ScalingOptions {
  /** How each cluster scales; one that is not named is left alone. */
  readonly clusters: ReadonlyMap<string, ScalingConfig>;
  /** Changes something only while the cluster is owned. */
  readonly fleet: Pick<Fleet, 'group' | 'grow' | 'terminate'>;
  readonly watch: Pick<Watch, 'view' | 'order' | 'suspend' | 'replace' | 'look'>;
  readonly store: AutoscalerPorts['store'];
  readonly ownership: Pick<LeasedOwnership, 'epoch'>;
  /** Whether a node that is dead to us may be ended now (S1). @default always */
  readonly mayReplace?: (cluster: string, nodeId: string) => boolean;
  readonly events: EventSink;
  /** What operators want. @default nothing */
  readonly operators?: AutoscalerPorts['operators'];
  /** Gets every decision with what went into it. @default nobody */
  readonly recorder?: DecisionRecorder | undefined;
  /** Told what the nodes of a cluster are to run, each time the fleet has said so. @default nobody */
  readonly onWanted?: (cluster: string, version: string | null) => void;
  /** Time limit of each call, in milliseconds; at most half of a lease, as `ownedFleet`. */
  readonly timeoutMs: number;
  readonly ticketTtlMs: number;
  readonly pollMs: number;
}

/** The autoscaler of this balancer, wired to its watch loop, the registry and the fleet; it works for the clusters that are owned. */
export function startScaling(options: ScalingOptions): Autoscaler {
  const {
    clusters,
    watch,
    store,
    ownership,
    mayReplace = () => true,
    events,
    operators,
    recorder,
    timeoutMs,
  } = options;
  return startAutoscaler({
    clusters: new Map([...clusters].map(([cluster, config]) => [cluster, drainingLongEnough(config, options)])),
    snapshots$: watch.view.snapshots$,
    ports: {
      fleet: watched(options),
      orders: {
        order: (cluster, nodeId, order, epoch) =>
          watch.order(cluster, nodeId, { ...order, v: AGENT_PROTOCOL, epoch }, timeoutMs),
      },
      gate: { suspend: (cluster, nodeId, epoch) => watch.suspend(cluster, nodeId, epoch) },
      store,
      ownership,
      mayReplace,
      events,
      ...(operators !== undefined && { operators }),
      recorder,
    },
    timeoutMs,
  });
}

/** What was changed is seen at once. A replacement is the watch loop's: it knows who must get no players from then on. */
function watched({ fleet, watch, onWanted }: ScalingOptions): ScalingFleet {
  const look = async (cluster: string, done: Promise<void>): Promise<void> => {
    await done;
    watch.look(cluster);
  };
  return {
    group: async (cluster) => {
      const group = await fleet.group(cluster);
      onWanted?.(cluster, group.wantedVersion);
      return group;
    },
    grow: (cluster, size) => look(cluster, fleet.grow(cluster, size)),
    terminate: (cluster, nodeId) => look(cluster, fleet.terminate(cluster, nodeId)),
    reportUnhealthy: (cluster, nodeId) => watch.replace(cluster, nodeId),
  };
}

/** No node is sealed before the last ticket for it, given just before it began to drain, and its seat have run out (S1). */
function drainingLongEnough(config: ScalingConfig, { ticketTtlMs, pollMs }: ScalingOptions): ScalingConfig {
  const leastMs = ticketTtlMs + SEAT_GRACE_MS + 2 * pollMs;
  return { ...config, in: { ...config.in, drainAtLeastMs: Math.max(config.in.drainAtLeastMs, leastMs) } };
}
