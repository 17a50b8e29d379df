import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metric } from '../runtime/core/metrics';
import { metricNamespace } from '../runtime/fleet/aws-names';
import { PERIOD, tableMetric } from './table-metric';

/** Players of a minute for whom there was no room or no node. BUSY is not among them: it passes within the second. */
export function refusedForRoom(stack: string, cluster: string): MathExpression {
  const of = (code: string) =>
    tableMetric('realtime_refusals_total', { stack, labels: { cluster, code }, statistic: Stats.SUM });
  return new MathExpression({
    expression: 'FILL(full, 0) + FILL(none, 0)',
    usingMetrics: { full: of('FULL'), none: of('NO_NODES') },
    period: PERIOD,
    label: 'no room',
  });
}

/** All series of a metric in one cluster, one for each value of its other label: also of values that nobody can know beforehand. */
export function eachSeries(stack: string, name: MetricName, cluster: string): IMetric {
  const { labels } = metric(name);
  const schema = [`"${metricNamespace(stack)}"`, ...labels].join(',');
  const search = `{${schema}} MetricName="${name}" cluster="${cluster}"`;
  return new MathExpression({
    expression: `SEARCH('${search}', '${Stats.SUM}', ${PERIOD.toSeconds()})`,
    usingMetrics: {},
    period: PERIOD,
    label: '',
  });
}
