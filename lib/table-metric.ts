import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metric } from '../runtime/core/metrics';
import { metricNamespace } from '../runtime/fleet/aws-names';

/** How often balancers send. */
export const PERIOD = Duration.minutes(1);

export interface TableMetricOptions {
  /** Name of the environment. */
  readonly stack: string;
  /** One value for each of the metric's labels. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** E.g. `Maximum`, `Sum`, `p99`; both balancers' values of a minute come together. */
  readonly statistic: string;
  /** Name in a graph. @default CloudWatch's */
  readonly label?: string;
}

/**
 * A metric of `runtime/core/metrics.ts` as CloudWatch has it.
 * @throws when it is not sent there, or not with these labels: an alarm on it would never see anything.
 */
export function tableMetric(name: MetricName, options: TableMetricOptions): Metric {
  const { stack, labels = {}, statistic, label } = options;
  const { cloudWatch, labels: expected } = metric(name);
  if (cloudWatch === undefined) throw new Error(`${name} is not sent to CloudWatch`);
  if ([...expected].sort().join() !== Object.keys(labels).sort().join()) {
    throw new Error(`${name} has the labels ${expected.join(', ')}, not ${Object.keys(labels).join(', ')}`);
  }
  return new Metric({
    namespace: metricNamespace(stack),
    metricName: name,
    dimensionsMap: { ...labels },
    statistic,
    period: PERIOD,
    ...(label === undefined ? {} : { label }),
  });
}
