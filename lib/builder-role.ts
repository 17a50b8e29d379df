import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge';
import { instanceRole } from './instances';
import type { Program } from './program';

/** What the machine that builds an image may do: take Image Builder's orders, fetch its tool, its component and the programs. */
export function builderRole(scope: Construct, id: string, programs: readonly Program[]): Role {
  const { partition } = Stack.of(scope);
  const tool = `arn:${partition}:s3:::ec2imagebuilder*`;
  const components = Stack.of(scope).formatArn({ service: 'imagebuilder', resource: 'component', resourceName: '*' });
  const role = instanceRole(scope, id, [
    ...programs.map(({ mayFetch }) => mayFetch),
    new PolicyStatement({
      actions: [
        ...['ec2messages:AcknowledgeMessage', 'ec2messages:DeleteMessage', 'ec2messages:FailMessage'],
        ...['ec2messages:GetEndpoint', 'ec2messages:GetMessages', 'ec2messages:SendReply'],
      ],
      resources: ['*'],
    }),
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [tool] }),
    new PolicyStatement({ actions: ['imagebuilder:GetComponent'], resources: [components] }),
  ]);
  acknowledgeWildcards(role, 'Orders by Systems Manager: these actions know no resources.', '*');
  acknowledgeWildcards(role, "AWS's own buckets with Image Builder's tool.", tool);
  acknowledgeWildcards(role, 'Components of this account.', components);
  return role;
}
