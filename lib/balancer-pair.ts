import { CfnElement, Duration, Lazy, Stack, Tags, Validations } from 'aws-cdk-lib';
import { AdditionalHealthCheckType, AutoScalingGroup, HealthChecks, UpdatePolicy } from 'aws-cdk-lib/aws-autoscaling';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ScalingConfig } from '../runtime/core/config/scaling';
import { CLUSTER_TAG, groupName, metricNamespace } from '../runtime/fleet/aws-names';
import { balancerRole } from './balancer-role';
import type { ImageSource } from './images';
import { launchTemplate, NO_GROUP_NOTIFICATIONS } from './instances';
import type { Keys } from './keys';
import { DEFAULT_RETENTION, Logs } from './logs';
import type { NodeDomain } from './node-fleet';
import { Program } from './program';
import type { Registry } from './registry';
import { PATHS } from './unit';
import { userData } from './user-data';

export interface BalancerPairProps {
  readonly vpc: IVpc;
  /** Name of the environment, e.g. `prod-realtime`. */
  readonly stack: string;
  /** The clusters to watch: the first balancer prefers the first of them, the second the others. Two or more. */
  readonly clusters: readonly string[];
  /** Path of the balancer's bundle. */
  readonly program: string;
  readonly keys: Keys;
  readonly registry: Registry;
  /** The load balancer's way to the API. */
  readonly targets: ApplicationTargetGroup;
  readonly loadBalancer: ISecurityGroup;
  /** How clusters scale, by their names. @default {}: each with the defaults of `runtime/core/config/scaling.ts` */
  readonly scaling?: Readonly<Record<string, ScalingConfig>>;
  /** Clusters whose nodes are asked over HTTP: `http`, or `http:PORT` for another port than players'. @default {}: socket.io */
  readonly probes?: Readonly<Record<string, string>>;
  /** @default 'amazon-linux' */
  readonly image?: ImageSource;
  /** ARN of a secret whose text is the address of a Slack webhook. @default none */
  readonly slackSecretArn?: string;
  /** Where the balancers give nodes names. @default none */
  readonly domain?: Pick<NodeDomain, 'name' | 'hostedZoneId'> | undefined;
  /** @default 't4g.small' */
  readonly instanceType?: string;
  /** Days that logs are kept. @default 30 */
  readonly logRetention?: RetentionDays;
  /** Further variables for the program, e.g. `{ RED_AFTER_MS: '60000' }`. @default {} */
  readonly settings?: Readonly<Record<string, string>>;
}

/** TCP port of the API, for the load balancer only. */
export const API_PORT = 8080;
/** TCP port that only the other balancer can reach, and operators by Session Manager. */
const PRIVATE_PORT = 9090;
/** From the distribution's package `aws-cfn-bootstrap`; needs no permission. */
const CFN_SIGNAL = '/opt/aws/bin/cfn-signal';
/** How long a new balancer may take until it is ready, its registry and its fleet answering, and has its clusters. */
const READY_WITHIN = Duration.minutes(10);

/**
 * The two balancers that watch each other: two groups of one instance, each over several zones. A deploy replaces the first, waits
 * until it is ready and has its clusters back, and then replaces the second.
 */
export class BalancerPair extends Construct {
  readonly groups: readonly [AutoScalingGroup, AutoScalingGroup];
  readonly securityGroup: SecurityGroup;
  readonly #props: BalancerPairProps;
  readonly #program: Program;
  readonly #role: Role;
  readonly #logs: Logs;

  constructor(scope: Construct, id: string, props: BalancerPairProps) {
    super(scope, id);
    const { stack, clusters, keys, registry, vpc } = props;
    const [home, ...others] = clusters;
    if (home === undefined || others.length === 0) throw new Error('a pair of balancers needs two clusters or more');
    this.#props = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: `${stack}: balancers` });
    this.securityGroup.addIngressRule(props.loadBalancer, Port.tcp(API_PORT), 'API');
    this.securityGroup.addIngressRule(this.securityGroup, Port.tcp(PRIVATE_PORT), 'The other balancer');
    props.loadBalancer.addEgressRule(this.securityGroup, Port.tcp(API_PORT), 'API');
    registry.allowFrom(this.securityGroup, 'Balancers');

    this.#program = new Program(this, 'Program', { file: props.program });
    this.#logs = new Logs(this, 'Logs', {
      ...{ stack, of: 'balancer', retention: props.logRetention ?? DEFAULT_RETENTION },
    });
    this.#role = balancerRole(this, 'Role', {
      ...{ stack, clusters, keys, registry },
      program: this.#program,
      logs: this.#logs,
      slackSecretArn: props.slackSecretArn,
      domain: props.domain,
    });
    const first = this.#balancer('First', `balancer-${home}`, `balancer-${others[0]}`, [home]);
    const second = this.#balancer('Second', `balancer-${others[0]}`, `balancer-${home}`, others);
    second.node.addDependency(first);
    this.groups = [first, second];
  }

  #balancer(id: string, balancerId: string, peerId: string, home: readonly string[]): AutoScalingGroup {
    const { clusters, keys, registry, slackSecretArn, stack, vpc } = this.#props;
    const name = groupName(stack, balancerId);
    const scope = new Construct(this, id);
    const logicalId = Lazy.string({ produce: () => logicalIdOf(group) });
    const template = launchTemplate(scope, 'Template', {
      stack,
      image: this.#props.image ?? 'amazon-linux',
      instanceType: this.#props.instanceType ?? 't4g.small',
      role: this.#role,
      securityGroup: this.securityGroup,
      userData: userData({
        name,
        program: this.#program,
        logGroup: this.#logs.groupName,
        role: 'balancer',
        settings: {
          ...this.#props.settings,
          STACK: stack,
          BALANCER_ID: balancerId,
          CLUSTERS: clusters.join(','),
          HOME_CLUSTERS: home.join(','),
          PEER_URL: `aws:${groupName(stack, peerId)}:${PRIVATE_PORT}`,
          PORT: String(API_PORT),
          PRIVATE_PORT: String(PRIVATE_PORT),
          FLEET: `aws:${stack}`,
          CLOUDWATCH_NAMESPACE: metricNamespace(stack),
          AWS_REGION: Stack.of(this).region,
          ...this.#clusterSettings(),
          // Operators come by a forwarded port, see the README.
          PAGE_URL: `http://localhost:${PRIVATE_PORT}/`,
          ...(slackSecretArn === undefined ? {} : { SLACK_WEBHOOK_FILE: PATHS.slack }),
        },
        sources: {
          AGENT_PUBLIC_KEYS_PARAMETER: keys.agentPublicKeys.parameterName,
          MASTER_SECRET: keys.master.secretArn,
          AGENT_SECRET: keys.agent.secretArn,
          API_SECRET: keys.api.secretArn,
          REDIS_SECRET: registry.secret.secretArn,
          REDIS_ADDRESS: registry.address,
          ...(slackSecretArn === undefined ? {} : { SLACK_SECRET: slackSecretArn }),
        },
        afterStart: signalReady(Stack.of(this), logicalId),
      }),
    });
    const group = new AutoScalingGroup(scope, 'Group', {
      autoScalingGroupName: name,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      launchTemplate: template,
      minCapacity: 1,
      maxCapacity: 1,
      healthChecks: HealthChecks.withAdditionalChecks({
        additionalTypes: [AdditionalHealthCheckType.ELB],
        gracePeriod: READY_WITHIN,
      }),
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: 0,
        waitOnResourceSignals: true,
        pauseTime: READY_WITHIN,
      }),
    });
    group.node.addDependency(vpc.internetConnectivityEstablished);
    Validations.of(group).acknowledge(NO_GROUP_NOTIFICATIONS);
    this.#props.targets.addTarget(group);
    for (const named of [group, template]) Tags.of(named).add('Name', name);
    Tags.of(group).add(CLUSTER_TAG, name);
    return group;
  }

  #clusterSettings(): Record<string, string> {
    const { scaling = {}, probes = {} } = this.#props;
    const asked = Object.entries(probes).map((probe) => probe.join('='));
    return {
      // In base64, as JSON would need quotes that systemd and bash read alike.
      SCALING: Buffer.from(JSON.stringify(scaling)).toString('base64'),
      ...(asked.length === 0 ? {} : { PROBES: asked.join(',') }),
    };
  }
}

function logicalIdOf(group: AutoScalingGroup): string {
  const resource = group.node.defaultChild;
  if (!CfnElement.isCfnElement(resource)) throw new Error(`${group.node.path} is no resource`);
  return Stack.of(group).resolve(resource.logicalId);
}

/**
 * Tells CloudFormation, which waits for it with the other balancer, that this one is ready and owns its clusters: only then does
 * nobody notice when the other one goes.
 */
function signalReady(stack: Stack, logicalId: string): string[] {
  return [
    `[ -x ${CFN_SIGNAL} ] || retry dnf install -y aws-cfn-bootstrap`,
    `for _ in $(seq ${READY_WITHIN.toSeconds() / 5}); do`,
    `  curl -sf -m 2 http://127.0.0.1:${PRIVATE_PORT}/homez >/dev/null && break`,
    '  sleep 5',
    'done',
    `curl -sf -m 2 http://127.0.0.1:${PRIVATE_PORT}/homez >/dev/null`,
    `${CFN_SIGNAL} --stack '${stack.stackName}' --resource '${logicalId}' --region '${stack.region}'`,
  ];
}
