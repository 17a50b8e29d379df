import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { groupName, metricNamespace } from '../runtime/fleet/aws-names';
import { acknowledgeWildcards } from './acknowledge';
import { groupArn } from './group-call';
import { instanceRole } from './instances';
import type { Keys } from './keys';
import type { Logs } from './logs';
import type { NodeDomain } from './node-fleet';
import type { Program } from './program';
import type { Registry } from './registry';

interface Reach {
  readonly stack: string;
  readonly clusters: readonly string[];
  readonly keys: Keys;
  readonly registry: Registry;
  readonly program: Program;
  readonly logs: Pick<Logs, 'mayWrite'>;
  /** ARN of the secret with the address of a Slack webhook. @default none */
  readonly slackSecretArn?: string | undefined;
  /** Where nodes have names. @default none */
  readonly domain?: Pick<NodeDomain, 'name' | 'hostedZoneId'> | undefined;
}

/** What a balancer may do besides fetching its program: read its secrets, see instances, and change its own clusters' groups. */
export function balancerRole(scope: Construct, id: string, reach: Reach): Role {
  const { stack, clusters, keys, registry, program, slackSecretArn: slack } = reach;
  const secrets = [keys.master, keys.agent, keys.api, registry.secret].map(({ secretArn }) => secretArn);
  if (slack !== undefined) secrets.push(slack);
  const groups = clusters.map((cluster) => groupArn(scope, groupName(stack, cluster)));
  const parameter = (resourceName: string, account?: string) =>
    Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName, account });
  const publicImages = parameter('aws/service/ami-amazon-linux-latest/*', '');
  const ownImages = parameter(`imagebuilder/${stack}/*`);
  const role = instanceRole(scope, id, [
    program.mayFetch,
    reach.logs.mayWrite,
    sendMetrics(stack),
    allow(['secretsmanager:GetSecretValue'], ...secrets),
    allow(['ssm:GetParameter', 'ssm:PutParameter'], keys.agentPublicKeys.parameterArn),
    allow(['ec2:DescribeInstances', 'ec2:DescribeLaunchTemplateVersions'], '*'),
    allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances'], '*'),
    // Launch templates name their image by a parameter; the balancers ask which one it is at present.
    allow(['ssm:GetParameters'], publicImages, ownImages),
    allow(['autoscaling:SetDesiredCapacity', 'autoscaling:SetInstanceHealth'], ...groups),
    allow(['autoscaling:TerminateInstanceInAutoScalingGroup'], ...groups),
  ]);
  if (reach.domain !== undefined) giveNames(role, reach.domain);
  acknowledgeWildcards(role, 'These groups, by their names; AWS gives them ids.', ...groups);
  acknowledgeWildcards(role, 'Public parameters of AWS.', publicImages);
  acknowledgeWildcards(role, "This environment's images, one for each architecture.", ownImages);
  acknowledgeWildcards(role, 'To describe, and to send metrics, knows no resources.', '*');
  return role;
}

/** Names directly below the domain only: other names of the zone are not ours. */
function giveNames(role: Role, { name, hostedZoneId }: Pick<NodeDomain, 'name' | 'hostedZoneId'>): void {
  const arn = (resource: string) => Stack.of(role).formatArn({ service: 'route53', region: '', account: '', resource });
  const zone = arn(`hostedzone/${hostedZoneId}`);
  const change = new PolicyStatement({
    actions: ['route53:ChangeResourceRecordSets'],
    resources: [zone],
    conditions: {
      'ForAllValues:StringLike': { 'route53:ChangeResourceRecordSetsNormalizedRecordNames': [`*.${name}`] },
    },
  });
  const changes = arn('change/*');
  for (const statement of [
    change,
    allow(['route53:ListResourceRecordSets'], zone),
    allow(['route53:GetChange'], changes),
  ]) {
    role.addToPrincipalPolicy(statement);
  }
  acknowledgeWildcards(role, 'Changes have ids that nobody knows before.', changes);
}

/** Knows no resources, but the namespace. */
function sendMetrics(stack: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace(stack) } },
  });
}

function allow(actions: string[], ...resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [...resources] });
}
