import { Arn, ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge';

export interface GroupCallProps {
  /** Name of the Auto Scaling group. */
  readonly groupName: string;
  /** Method of the Auto Scaling API, e.g. `setDesiredCapacity`. */
  readonly action: string;
  /** What it is called with besides the group's name. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** When it is called: never at a later deploy. */
  readonly on: 'create' | 'delete';
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

/** One call for a group that CloudFormation has no property for, as a custom resource. */
export function groupCall(scope: Construct, id: string, props: GroupCallProps): AwsCustomResource {
  const { groupName, action, on } = props;
  const call = {
    service: 'AutoScaling',
    action,
    parameters: { AutoScalingGroupName: groupName, ...props.parameters },
    physicalResourceId: PhysicalResourceId.of(`${groupName}:${action}`),
    // It is gone already: deleted by hand, or never created.
    ...(on === 'delete' ? { ignoreErrorCodesMatching: 'ValidationError' } : {}),
  };
  const resource = new AwsCustomResource(scope, id, {
    ...(on === 'create' ? { onCreate: call } : { onDelete: call }),
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({
        actions: [`autoscaling:${action.charAt(0).toUpperCase()}${action.slice(1)}`],
        resources: [groupArn(scope, groupName)],
      }),
    ]),
    installLatestAwsSdk: false,
  });
  acknowledgeWildcards(resource, 'One group, by its name; AWS gives it an id.', groupArn(scope, groupName));
  acknowledgeProvider(scope);
  return resource;
}

/** The function behind every custom resource of this kind is the CDK's. */
function acknowledgeProvider(scope: Construct): void {
  const id = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;
  Validations.of(Stack.of(scope).node.findChild(id)).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    reason: 'The policy lets it write its log, nothing else.',
  });
}
