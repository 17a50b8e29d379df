import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Registry } from './registry';

export interface MonitoringProps {
  /** Name of the environment; alarms begin with it. */
  readonly stack: string;
  readonly targets: ApplicationTargetGroup;
  readonly registry: Registry;
  /** ARN of the SNS topic that is told. @default none: alarms show in CloudWatch only */
  readonly topicArn?: string;
}

const PERIOD = Duration.minutes(1);

/** Alarms on what players would notice soon: a balancer that does not answer, and a registry that is nearly full or busy. */
export class Monitoring extends Construct {
  readonly #props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.#props = props;
    const { targets, registry } = props;
    const unhealthy = targets.metrics.unhealthyHostCount({ period: PERIOD, statistic: Stats.MAXIMUM });
    this.#above(
      'BalancerDown',
      unhealthy,
      0,
      'A balancer does not answer: its peer does its work, and its group replaces it',
    );
    registry.members.forEach((member, index) => {
      const metric = (metricName: string) =>
        new Metric({
          ...{ namespace: 'AWS/ElastiCache', metricName, period: PERIOD, statistic: Stats.MAXIMUM },
          dimensionsMap: { CacheClusterId: member },
        });
      const of = `member ${index + 1} of the registry`;
      this.#above(
        `Memory${index + 1}`,
        metric('DatabaseMemoryUsagePercentage'),
        75,
        `Memory of ${of}: writes fail at 100 %`,
      );
      this.#above(`Engine${index + 1}`, metric('EngineCPUUtilization'), 80, `The one core of ${of} is busy`);
    });
  }

  /** For three minutes on end. */
  #above(id: string, metric: IMetric, threshold: number, description: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmName: `${this.#props.stack}-${id}`,
      alarmDescription: description,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.MISSING,
    });
    const { topicArn } = this.#props;
    if (topicArn !== undefined) alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, `${id}Topic`, topicArn)));
  }
}
