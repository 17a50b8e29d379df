import { type Autoscaler, type AutoscalerPorts, type ScalingFleet, startAutoscaler } from '../autoscaler';
import type { ScalingConfig } from '../core/config/scaling';
import { AGENT_PROTOCOL } from '../core/protocol/agent';
import type { Fleet } from '../fleet/port';
import { SEAT_GRACE_MS } from '../registry';
import type { EventSink } from './events';
import type { LeasedOwnership } from './ownership';
import type { Watch } from './watch';

export interface ScalingOptions {
  /** How each cluster scales; one that is not named is left alone. */
  readonly clusters: ReadonlyMap<string, ScalingConfig>;
  readonly fleet: Omit<Fleet, 'describe'>;
  readonly watch: Pick<Watch, 'view' | 'order' | 'suspend' | 'look'>;
  readonly store: AutoscalerPorts['store'];
  readonly ownership: Pick<LeasedOwnership, 'epoch' | 'remainingMs'>;
  /** Whether a node that is dead to us may be ended now (S1). @default always */
  readonly mayReplace?: (cluster: string, nodeId: string) => boolean;
  readonly events: EventSink;
  /** How long a lease lasts that is not renewed, in milliseconds. */
  readonly leaseTtlMs: number;
  readonly ticketTtlMs: number;
  readonly pollMs: number;
}

/** The autoscaler of this balancer, wired to its watch loop, the registry and the fleet; it works for the clusters that are owned. */
export function startScaling(options: ScalingOptions): Autoscaler {
  const { clusters, watch, store, ownership, mayReplace = () => true, events, leaseTtlMs } = options;
  // Half of a lease: it is renewed well before that is left of it, so a call ends while we still own the cluster (S4).
  const timeoutMs = leaseTtlMs / 2;
  return startAutoscaler({
    clusters: new Map([...clusters].map(([cluster, config]) => [cluster, drainingLongEnough(config, options)])),
    snapshots$: watch.view.snapshots$,
    ports: {
      fleet: whileOwned(options, timeoutMs),
      orders: {
        order: (cluster, nodeId, order, epoch) =>
          watch.order(cluster, nodeId, { ...order, v: AGENT_PROTOCOL, epoch }, timeoutMs),
      },
      gate: { suspend: (cluster, nodeId, epoch) => watch.suspend(cluster, nodeId, epoch) },
      store,
      ownership,
      mayReplace,
      events,
    },
    timeoutMs,
  });
}

/** The fleet knows no epochs: what changes it begins, and ends, only while the ownership lasts. */
function whileOwned({ fleet, ownership, watch }: ScalingOptions, limitMs: number): ScalingFleet {
  const change = async (cluster: string, call: (limit: AbortSignal) => Promise<void>): Promise<void> => {
    const leftMs = ownership.remainingMs(cluster);
    if (leftMs < limitMs)
      throw new Error(`the ownership lasts ${Math.round(leftMs)} ms more, and a call may take longer`);
    await call(AbortSignal.timeout(limitMs));
    watch.look(cluster);
  };
  return {
    group: (cluster) => fleet.group(cluster),
    grow: (cluster, size) => change(cluster, (limit) => fleet.grow(cluster, size, limit)),
    terminate: (cluster, nodeId) => change(cluster, (limit) => fleet.terminate(cluster, nodeId, limit)),
    reportUnhealthy: (cluster, nodeId) => change(cluster, (limit) => fleet.reportUnhealthy(cluster, nodeId, limit)),
  };
}

/** No node is sealed before the last ticket for it, given just before it began to drain, and its seat have run out (S1). */
function drainingLongEnough(config: ScalingConfig, { ticketTtlMs, pollMs }: ScalingOptions): ScalingConfig {
  const leastMs = ticketTtlMs + SEAT_GRACE_MS + 2 * pollMs;
  return { ...config, in: { ...config.in, drainAtLeastMs: Math.max(config.in.drainAtLeastMs, leastMs) } };
}
