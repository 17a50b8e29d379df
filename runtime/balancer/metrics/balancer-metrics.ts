import type { Logger } from 'pino';
import { clusterSamples } from '../../core/cluster-samples';
import type { ScalingConfig } from '../../core/config/scaling';
import type { Sample } from '../../core/metrics';
import type { OperatorRoutes } from '../../dashboard/server';
import { exposition } from '../../metrics/prometheus';
import { CloudWatchReporter } from '../../notify/cloudwatch';
import type { Pair } from '../pair/pair';
import type { ClusterView } from '../watch/view';
import type { Tally } from './tally';

export interface BalancerMetricsOptions {
  readonly stack: string;
  readonly balancerId: string;
  readonly tally: Pick<Tally, 'samples'>;
  readonly view: Pick<ClusterView, 'clusters' | 'snapshot'>;
  readonly pair: {
    readonly ownership: Pick<Pair['ownership'], 'epoch'>;
    readonly peer: { readonly there: boolean } | null;
  };
  /** Whether the registry is relied on. */
  readonly answers: () => boolean;
  /** How clusters scale; one that is not named is left alone. */
  readonly scaled: ReadonlyMap<string, Pick<ScalingConfig, 'maximum'>>;
  /** What operators have ordered, as far as it lasts. */
  readonly shown: {
    snapshot(cluster: string): { readonly orders: { readonly paused: object | null } } | undefined;
    maintenance(): { readonly on: boolean } | null;
  };
  /** Metrics of the process as well. @default false */
  readonly process?: boolean;
  /** Namespace in CloudWatch. @default nothing is sent there */
  readonly cloudWatch?: string | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

export interface BalancerMetrics {
  /** Adds `/metrics`, which asks for no key: on the private port, and no secret. */
  readonly route: OperatorRoutes;
  stop(): void;
}

/** This balancer's metrics, for Prometheus and CloudWatch: what it sees of the clusters, what it counted, and how it is itself. */
export function balancerMetrics(options: BalancerMetricsOptions): BalancerMetrics {
  const { stack, balancerId, tally, view, pair, answers, scaled, shown } = options;
  const cluster = (name: string): Sample[] => {
    const snapshot = view.snapshot(name);
    const epoch = pair.ownership.epoch(name);
    const labels = { cluster: name };
    return [
      ...(snapshot === undefined ? [] : clusterSamples(snapshot, scaled.get(name)?.maximum)),
      { name: 'realtime_owned', labels, value: epoch === null ? 0 : 1 },
      { name: 'realtime_paused', labels, value: (shown.snapshot(name)?.orders.paused ?? null) === null ? 0 : 1 },
      ...(epoch === null ? [] : [{ name: 'realtime_epoch', labels, value: epoch } as const]),
    ];
  };
  const samples = (): Sample[] => [
    ...view.clusters().flatMap(cluster),
    { name: 'realtime_redis_up', labels: {}, value: answers() ? 1 : 0 },
    ...(pair.peer === null ? [] : [{ name: 'realtime_peer_up', labels: {}, value: pair.peer.there ? 1 : 0 } as const]),
    { name: 'realtime_maintenance', labels: {}, value: shown.maintenance()?.on === true ? 1 : 0 },
    ...tally.samples(),
  ];
  const exposed = exposition({
    of: 'balancer',
    labels: { stack, balancer: balancerId },
    samples,
    process: options.process ?? false,
  });
  const reporter =
    options.cloudWatch === undefined
      ? null
      : new CloudWatchReporter({
          ...{ namespace: options.cloudWatch, samples, log: options.log },
          owns: (name) => pair.ownership.epoch(name) !== null,
        });
  return {
    stop: () => reporter?.stop(),
    route: (app) => {
      app.get('/metrics', { config: { open: true } }, async (_request, reply) =>
        reply.type(exposed.contentType).send(await exposed.text()),
      );
    },
  };
}
