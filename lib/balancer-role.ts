import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { groupName } from '../runtime/fleet/aws-names';
import { acknowledgeWildcards } from './acknowledge';
import { groupArn } from './first-size';
import { instanceRole } from './instances';
import type { Keys } from './keys';
import type { Program } from './program';
import type { Registry } from './registry';

interface Reach {
  readonly stack: string;
  readonly clusters: readonly string[];
  readonly keys: Keys;
  readonly registry: Registry;
  readonly program: Program;
}

/** What a balancer may do besides fetching its program: read its secrets, see instances, and change its own clusters' groups. */
export function balancerRole(scope: Construct, id: string, { stack, clusters, keys, registry, program }: Reach): Role {
  const secrets = [keys.master, keys.agent, keys.api, registry.secret];
  const groups = clusters.map((cluster) => groupArn(scope, groupName(stack, cluster)));
  const images = Stack.of(scope).formatArn({
    service: 'ssm',
    account: '',
    resource: 'parameter',
    resourceName: 'aws/service/ami-amazon-linux-latest/*',
  });
  const role = instanceRole(scope, id, [
    program.mayFetch,
    allow(['secretsmanager:GetSecretValue'], ...secrets.map((secret) => secret.secretArn)),
    allow(['ssm:GetParameter', 'ssm:PutParameter'], keys.agentPublicKeys.parameterArn),
    allow(['ec2:DescribeInstances', 'ec2:DescribeLaunchTemplateVersions'], '*'),
    allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances'], '*'),
    // Launch templates name their image by a public parameter; the balancers ask which one it is at present.
    allow(['ssm:GetParameters'], images),
    allow(['autoscaling:SetDesiredCapacity', 'autoscaling:SetInstanceHealth'], ...groups),
    allow(['autoscaling:TerminateInstanceInAutoScalingGroup'], ...groups),
  ]);
  acknowledgeWildcards(role, 'These groups, by their names; AWS gives them ids.', ...groups);
  acknowledgeWildcards(role, 'Public parameters of AWS.', images);
  acknowledgeWildcards(role, 'To describe knows no resources.', '*');
  return role;
}

function allow(actions: string[], ...resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [...resources] });
}
