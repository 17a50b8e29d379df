import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  /** Name of the environment, for people who get a message. */
  readonly stack: string;
  /** ARN of a topic that exists. @default one of our own */
  readonly topicArn?: string | undefined;
  /** Who subscribes to our own topic; AWS asks them to confirm. @default nobody: subscribe in SNS */
  readonly email?: string | undefined;
}

/** Where alarms go: a topic of our own, or one that is given. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { stack, topicArn, email }: AlarmTopicProps) {
    super(scope, id);
    if (topicArn !== undefined) {
      this.topic = Topic.fromTopicArn(this, 'Given', topicArn);
      return;
    }
    const topic = new Topic(this, 'Topic', { displayName: `${stack}: alarms`, enforceSSL: true });
    // A policy replaces the one that AWS gives topics, by which alarms of the account may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
    this.topic = topic;
  }
}
