import { Arn, ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge';

export interface FirstSizeProps {
  /** Name of the Auto Scaling group. */
  readonly groupName: string;
  /** Instances at the first deploy. */
  readonly nodes: number;
}

/** The ARN of a group whose id AWS gives, e.g. for a policy. */
export function groupArn(scope: Construct, groupName: string): string {
  return Arn.format(
    {
      service: 'autoscaling',
      resource: 'autoScalingGroup',
      resourceName: `*:autoScalingGroupName/${groupName}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    Stack.of(scope),
  );
}

/**
 * What CloudFormation cannot do to a group, once, when it is created: a size that later deploys leave alone, as from then on it is
 * the autoscaler's; and no moving of instances between zones, as it would end those with players.
 */
export class FirstSize extends Construct {
  constructor(scope: Construct, id: string, props: FirstSizeProps) {
    super(scope, id);
    const group = { AutoScalingGroupName: props.groupName };
    const suspend = this.#once('NoRebalance', props.groupName, 'suspendProcesses', {
      ...group,
      ScalingProcesses: ['AZRebalance'],
    });
    const size = this.#once('Size', props.groupName, 'setDesiredCapacity', {
      ...group,
      DesiredCapacity: props.nodes,
      HonorCooldown: false,
    });
    size.node.addDependency(suspend);
  }

  #once(id: string, groupName: string, action: string, parameters: object): AwsCustomResource {
    const call = new AwsCustomResource(this, id, {
      onCreate: {
        service: 'AutoScaling',
        action,
        parameters,
        physicalResourceId: PhysicalResourceId.of(`${groupName}:${action}`),
      },
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({
          actions: [`autoscaling:${action.charAt(0).toUpperCase()}${action.slice(1)}`],
          resources: [groupArn(this, groupName)],
        }),
      ]),
      installLatestAwsSdk: false,
    });
    acknowledgeWildcards(call, 'One group, by its name; AWS gives it an id.', groupArn(this, groupName));
    acknowledgeProvider(this);
    return call;
  }
}

/** The function behind every custom resource of this kind is the CDK's. */
function acknowledgeProvider(scope: Construct): void {
  const id = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;
  Validations.of(Stack.of(scope).node.findChild(id)).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    reason: 'The policy lets it write its log, nothing else.',
  });
}
