import { Aws } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type MetricName, NODE_STATES } from '../runtime/core/metrics';
import { eachSeries } from './cluster-expressions';
import { PERIOD, tableMetric } from './table-metric';

export interface DashboardProps {
  /** Name of the environment, and of the dashboard. */
  readonly stack: string;
  readonly clusters: readonly string[];
  readonly alarms: readonly IAlarm[];
}

/** Of 24 columns. */
const THIRD = 8;
const HEIGHT = 6;

const STATE_COLOURS = {
  ...{ booting: '#9edae5', green: '#2ca02c', suspect: '#ffbb78', held: '#9467bd', red: '#d62728', draining: '#7f7f7f' },
} as const;

/** One page in CloudWatch: the alarms, then a block for each cluster, then the balancers. */
export class Dashboard extends Construct {
  readonly #stack: string;

  constructor(scope: Construct, id: string, { stack, clusters, alarms }: DashboardProps) {
    super(scope, id);
    this.#stack = stack;
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: stack,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 3 * THIRD, height: 4 })],
        ...clusters.flatMap((cluster) => this.#cluster(cluster)),
        [heading('Balancers')],
        [
          graph('Redis and the other balancer, as balancers see them', [
            this.#of('realtime_redis_up', Stats.MINIMUM),
            this.#of('realtime_peer_up', Stats.MINIMUM),
          ]),
          graph('API: faults of ours', [this.#of('realtime_api_errors_total', Stats.SUM, { code: 'INTERNAL' })]),
          graph('By operators: paused, maintenance', [
            ...clusters.map((cluster) =>
              this.#of('realtime_paused', Stats.MAXIMUM, { cluster }, `autoscaler of ${cluster} paused`),
            ),
            this.#of('realtime_maintenance', Stats.MAXIMUM, {}, 'maintenance'),
          ]),
        ],
      ],
    });
  }

  #cluster(cluster: string): IWidget[][] {
    const of = (name: MetricName, statistic: string, more = {}, label?: string) =>
      this.#of(name, statistic, { cluster, ...more }, label);
    const states = NODE_STATES.map((state) =>
      of('realtime_nodes', Stats.MAXIMUM, { state }, state).with({ color: STATE_COLOURS[state] }),
    );
    return [
      [heading(cluster)],
      [
        graph('Players and capacity', [
          of('realtime_sessions', Stats.MAXIMUM),
          of('realtime_connections', Stats.MAXIMUM),
          of('realtime_capacity', Stats.MAXIMUM),
        ]),
        graph('Utilization', [of('realtime_utilization', Stats.MAXIMUM)]),
        new GraphWidget({ ...frame('Nodes by state'), left: states, stacked: true }),
      ],
      [
        graph('Players who were given a node', [of('realtime_assigns_total', Stats.SUM)]),
        graph('Players who were given none, by code', [eachSeries(this.#stack, 'realtime_refusals_total', cluster)]),
        graph('Time to give a node', [
          of('realtime_assign_duration_seconds', 'p50', {}, 'median'),
          of('realtime_assign_duration_seconds', 'p99', {}, 'p99'),
        ]),
      ],
      [
        graph('What the autoscaler did', [eachSeries(this.#stack, 'realtime_decisions_total', cluster)]),
        graph('Owners: 1 is right', [of('realtime_owned', Stats.SUM)]),
        graph('At the maximum', [of('realtime_at_maximum', Stats.MAXIMUM)]),
      ],
    ];
  }

  #of(name: MetricName, statistic: string, labels: Readonly<Record<string, string>> = {}, label?: string) {
    return tableMetric(name, { stack: this.#stack, labels, statistic, ...(label === undefined ? {} : { label }) });
  }
}

function frame(title: string) {
  return { title, width: THIRD, height: HEIGHT, period: PERIOD, leftYAxis: { min: 0 }, region: Aws.REGION };
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ ...frame(title), left });
}

function heading(text: string): TextWidget {
  return new TextWidget({ markdown: `## ${text}`, width: 3 * THIRD, height: 1 });
}
