import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export const DEFAULT_RETENTION = RetentionDays.ONE_MONTH;

export interface LogsProps {
  /** Name of the environment. */
  readonly stack: string;
  /** Whose they are: a cluster, or `balancer`. */
  readonly of: string;
  /** Days that they are kept. */
  readonly retention: RetentionDays;
}

/** Where the logs of one kind of instance go, a stream for each instance: lines of JSON, as the programs write them. */
export class Logs extends Construct {
  readonly groupName: string;
  /** What a role must be allowed to write them. */
  readonly mayWrite: PolicyStatement;

  constructor(scope: Construct, id: string, { stack, of, retention }: LogsProps) {
    super(scope, id);
    this.groupName = `/realtime-fleet/${stack}/${of}`;
    // They go with the stack: the name must be free when it is deployed again.
    const group = new LogGroup(this, 'Group', {
      logGroupName: this.groupName,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.mayWrite = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [group.logGroupArn],
    });
  }
}
