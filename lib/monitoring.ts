import {
  Alarm,
  ComparisonOperator,
  type CreateAlarmOptions,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct, type IDependable } from 'constructs';
import type { MetricName } from '../runtime/core/metrics';
import { refusedForRoom } from './cluster-expressions';
import type { Registry } from './registry';
import { PERIOD, tableMetric } from './table-metric';

export interface MonitoringProps {
  /** Name of the environment; alarms begin with it. */
  readonly stack: string;
  readonly clusters: readonly string[];
  readonly targets: ApplicationTargetGroup;
  readonly registry: Registry;
  /** Who sends the metrics: alarms that silence raises are made after them, as a first deploy is silent until then. */
  readonly senders: IDependable;
  /** Is told when an alarm begins, and when it is over. */
  readonly topic: ITopic;
}

interface Rule {
  readonly metric: IMetric;
  /** What it means, and what to do. */
  readonly description: string;
  /** The alarm is raised at this value and above, or at it and below. */
  readonly at: { readonly least: number } | { readonly most: number };
  /** Minutes that must be so, of how many. @default [3, 3] */
  readonly minutes?: readonly [number, number];
  /** What is thought of a minute without a value. @default 'missing': it is passed over */
  readonly silence?: 'missing' | 'good' | 'bad';
}

const SILENCE = {
  missing: TreatMissingData.MISSING,
  good: TreatMissingData.NOT_BREACHING,
  bad: TreatMissingData.BREACHING,
} as const;

/** Alarms on what players would notice, or would soon. Each says what it means and what to do. */
export class Monitoring extends Construct {
  readonly alarms: Alarm[] = [];
  readonly #props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.#props = props;
    this.#pair();
    for (const cluster of props.clusters) this.#cluster(cluster);
    props.registry.members.forEach((member, index) => {
      this.#member(member, index + 1);
    });
  }

  #pair(): void {
    const unhealthy = this.#props.targets.metrics.unhealthyHostCount({ period: PERIOD, statistic: Stats.MAXIMUM });
    this.#raise('BalancerDown', {
      metric: unhealthy,
      at: { least: 1 },
      description:
        'A balancer does not answer: its peer does its work, and its group replaces it within minutes. If it comes again, read its log.',
    });
    this.#raise('NoData', {
      metric: this.#of('realtime_redis_up', Stats.SAMPLE_COUNT),
      at: { most: 0 },
      minutes: [5, 5],
      silence: 'bad',
      description:
        'No balancer sends metrics: both are down, or may not call CloudWatch. Look whether the API answers, then at the logs of the balancers.',
    });
    this.#raise('RedisAway', {
      metric: this.#of('realtime_redis_up', Stats.MINIMUM),
      at: { most: 0 },
      description:
        'A balancer cannot rely on Redis: joins go on from memory, and nothing is scaled. Look at the events of the replication group, and at its memory and engine.',
    });
    this.#raise('PeerSilent', {
      metric: this.#of('realtime_peer_up', Stats.MINIMUM),
      at: { most: 0 },
      // Longer than a deploy takes to replace one of them.
      minutes: [15, 15],
      description:
        'The balancers do not hear each other: no fail-over is certain until they do. Look whether both run, and at their private port.',
    });
    this.#raise('ApiFaults', {
      metric: this.#of('realtime_api_errors_total', Stats.SUM, { code: 'INTERNAL' }),
      at: { least: 1 },
      minutes: [3, 5],
      silence: 'good',
      description: 'The API answers INTERNAL: a fault of ours. Look for "request failed" in the logs of the balancers.',
    });
  }

  #cluster(cluster: string): void {
    const of = (name: MetricName, statistic: string, more: Readonly<Record<string, string>> = {}) =>
      this.#of(name, statistic, { cluster, ...more });
    const id = (name: string) => `${name}${cluster.charAt(0).toUpperCase()}${cluster.slice(1)}`;
    this.#raise(id('NobodyOwns'), {
      metric: of('realtime_owned', Stats.MAXIMUM),
      at: { most: 0 },
      silence: 'bad',
      description: `No balancer owns ${cluster}: players get nodes, but none is evicted or started. Look whether Redis answers, and whether both balancers run (NoData: look there first).`,
    });
    this.#raise(id('Refused'), {
      metric: refusedForRoom(this.#props.stack, cluster),
      at: { least: 1 },
      minutes: [3, 5],
      silence: 'good',
      description: `Players find no room in ${cluster}. It grows by itself unless it is at its maximum: then raise clusters.${cluster}.scaling.maximum and deploy. Else look at the decisions, and whether new nodes become green.`,
    });
    this.#raise(id('AtMaximum'), {
      metric: of('realtime_at_maximum', Stats.MINIMUM),
      at: { least: 1 },
      minutes: [15, 15],
      description: `${cluster} has as many nodes as its maximum allows. Raise clusters.${cluster}.scaling.maximum and deploy before players are refused.`,
    });
    this.#raise(id('RedNodes'), {
      metric: of('realtime_nodes', Stats.MAXIMUM, { state: 'red' }),
      at: { least: 1 },
      minutes: [5, 5],
      description: `A dead node of ${cluster} is not replaced. Look whether the group can start instances (its activity says why not), and at the log of the node.`,
    });
    this.#raise(id('MassFailure'), {
      metric: of('realtime_nodes', Stats.MAXIMUM, { state: 'held' }),
      at: { least: 1 },
      description: `Most nodes of ${cluster} are silent at once, so that none is evicted: a fault of the network or of a deploy more likely than of nodes. Look at what was changed last.`,
    });
    this.#raise(id('ScalingFailed'), {
      metric: of('realtime_decisions_total', Stats.SUM, { decision: 'failed' }),
      at: { least: 1 },
      minutes: [2, 10],
      silence: 'good',
      description: `The autoscaler cannot carry out what it decided for ${cluster}: EC2 refuses or throttles. The events say why: capacity, quotas, permissions.`,
    });
  }

  #member(member: string, number: number): void {
    const metric = (metricName: string) =>
      new Metric({
        ...{ namespace: 'AWS/ElastiCache', metricName, period: PERIOD, statistic: Stats.MAXIMUM },
        dimensionsMap: { CacheClusterId: member },
      });
    this.#raise(`Memory${number}`, {
      metric: metric('DatabaseMemoryUsagePercentage'),
      at: { least: 75 },
      description: `Memory of member ${number} of the registry: writes fail at 100 %. Choose a larger registry.nodeType and deploy.`,
    });
    this.#raise(`Engine${number}`, {
      metric: metric('EngineCPUUtilization'),
      at: { least: 80 },
      description: `The one core of member ${number} of the registry is busy: answers become slow. Choose a faster registry.nodeType and deploy.`,
    });
  }

  #of(name: MetricName, statistic: string, labels: Readonly<Record<string, string>> = {}): Metric {
    return tableMetric(name, { stack: this.#props.stack, labels, statistic });
  }

  #raise(id: string, { metric, description, at, minutes: [so, of] = [3, 3], silence = 'missing' }: Rule): void {
    const { stack, topic, senders } = this.#props;
    const options: CreateAlarmOptions = {
      alarmName: `${stack}-${id}`,
      alarmDescription: description,
      ...('least' in at
        ? { threshold: at.least, comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD }
        : { threshold: at.most, comparisonOperator: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD }),
      evaluationPeriods: of,
      datapointsToAlarm: so,
      treatMissingData: SILENCE[silence],
    };
    const alarm = new Alarm(this, id, { metric, ...options });
    if (silence === 'bad') alarm.node.addDependency(senders);
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    this.alarms.push(alarm);
  }
}
