import { createHash } from 'node:crypto';
import { Stack, Tags, Validations } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  OnDemandAllocationStrategy,
  PoolState,
  SpotAllocationStrategy,
  type WarmPool,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  InstanceType,
  type IVpc,
  type LaunchTemplate,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { CLUSTER_TAG, groupName, NAMES_TAG, namesTag, PORT_TAG, VERSION_TAG } from '../runtime/fleet/aws-names';
import { FirstSize } from './first-size';
import { ForceDelete } from './force-delete';
import type { ImageSource } from './images';
import { instanceRole, launchTemplate, NO_GROUP_NOTIFICATIONS } from './instances';
import { DEFAULT_RETENTION, Logs } from './logs';
import { Program } from './program';
import type { Registry } from './registry';
import { userData } from './user-data';

/** Where nodes have names: `ID.NAME`. */
export interface NodeDomain {
  /** E.g. `nodes.example.com`; of this environment alone. */
  readonly name: string;
  /** Of the public zone in Route 53 that holds the name; the balancers write into it. */
  readonly hostedZoneId: string;
  /** Of a secret with `certificate` and `privateKey` as JSON, both PEM, for `*.NAME`. */
  readonly certificateSecretArn: string;
}

export interface NodeFleetProps {
  readonly vpc: IVpc;
  /** Name of the environment, e.g. `prod-realtime`. */
  readonly stack: string;
  /** Name of the cluster, e.g. `game`. */
  readonly cluster: string;
  /** Path of the bundle that the nodes run: one file for Node.js that attaches the agent. */
  readonly program: string;
  /** Instances at the first deploy; afterwards the autoscaler decides. */
  readonly nodes: number;
  /** Never more instances, in the middle of a rolling replacement neither: the autoscaler's maximum and its surge. */
  readonly maximum: number;
  /** Players that one node takes. */
  readonly capacity: number;
  /** Where nodes read the balancers' public keys when they start. */
  readonly agentPublicKeys: IStringParameter;
  /** @default 'c7g.medium': one core, as a node is one Node.js process */
  readonly instanceType?: string;
  /** TCP port that players connect to. @default 8080 */
  readonly port?: number;
  /** Further variables for the program, e.g. `{ MODES: 'battle:4' }`. @default {} */
  readonly settings?: Readonly<Record<string, string>>;
  /** Given when the program needs Redis: the nodes get `REDIS_URL`. @default none: they can neither reach it nor read its password */
  readonly registry?: Registry;
  /** @default 'amazon-linux' */
  readonly image?: ImageSource;
  /** Spot instances among the nodes. @default none */
  readonly spot?: SpotShare;
  /** Nodes that are kept ready, stopped. Not together with `spot`. @default none */
  readonly warmPool?: { readonly nodes: number };
  /** Days that logs are kept. @default 30 */
  readonly logRetention?: RetentionDays;
  /** Names for the nodes, and TLS: players connect by `wss://`. @default none: `ws://`, unencrypted */
  readonly domain?: NodeDomain | undefined;
}

/** How many nodes are Spot instances, which cost a third or so, and which AWS may take away two minutes after it says so. */
export interface SpotShare {
  /** Fraction of the nodes beyond `onDemandBase`, above 0, at most 1. When it is changed later, AWS replaces nodes by itself. */
  readonly share: number;
  /** Nodes that are never Spot instances. @default 0 */
  readonly onDemandBase?: number;
  /** Further types, of the same architecture, that serve as well as `instanceType`. */
  readonly instanceTypes: readonly string[];
}

/**
 * The nodes of one cluster: an Auto Scaling group in public subnets with one open port, that neither CloudFormation nor AWS
 * shrinks, moves or replaces by itself. Sizes, replacements and deploys are the balancers'.
 */
export class NodeFleet extends Construct {
  readonly group: AutoScalingGroup;
  readonly securityGroup: SecurityGroup;
  /** Name of the group, and value of the instances' cluster tag. */
  readonly groupName: string;
  /** TCP port that players connect to. */
  readonly port: number;
  /** Hash of what a node runs and how it is configured: the image excepted. */
  readonly version: string;

  constructor(scope: Construct, id: string, props: NodeFleetProps) {
    super(scope, id);
    const { cluster, stack, vpc, registry, spot, domain } = props;
    const port = props.port ?? 8080;
    this.port = port;
    const instanceType = props.instanceType ?? 'c7g.medium';
    this.groupName = groupName(stack, cluster);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: `${this.groupName}: nodes` });
    this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'Players, and balancers');
    Validations.of(this.securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'Players connect to nodes directly; who has no ticket is refused before the upgrade.',
    });
    registry?.allowFrom(this.securityGroup, this.groupName);

    const program = new Program(this, 'Program', { file: props.program });
    const logs = new Logs(this, 'Logs', { stack, of: cluster, retention: props.logRetention ?? DEFAULT_RETENTION });
    const role = instanceRole(this, 'Role', [
      program.mayFetch,
      logs.mayWrite,
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [props.agentPublicKeys.parameterArn] }),
      ...(registry === undefined ? [] : [mayRead(registry.secret.secretArn)]),
      ...(domain === undefined ? [] : [mayRead(domain.certificateSecretArn)]),
    ]);
    const boot = {
      name: this.groupName,
      program,
      logGroup: logs.groupName,
      role: 'node',
      settings: {
        ...props.settings,
        STACK: stack,
        CLUSTER: cluster,
        PORT: String(port),
        CAPACITY: String(props.capacity),
      },
    } as const;
    const sources = {
      AGENT_PUBLIC_KEYS_PARAMETER: props.agentPublicKeys.parameterName,
      ...(registry === undefined ? {} : { REDIS_SECRET: registry.secret.secretArn, REDIS_ADDRESS: registry.address }),
      ...(domain === undefined ? {} : { CERTIFICATE_SECRET: domain.certificateSecretArn }),
      ...(props.warmPool === undefined ? {} : { WARM_POOL: 'yes' }),
    };
    const types = spot === undefined ? instanceType : [instanceType, ...spot.instanceTypes];
    const names = domain && namesTag(domain.name, domain.hostedZoneId);
    this.version = hash(types, names, Stack.of(this).resolve(userData({ ...boot, sources }).render()));
    const template = launchTemplate(this, 'Template', {
      instanceType,
      ...{ stack, role },
      image: props.image ?? 'amazon-linux',
      securityGroup: this.securityGroup,
      userData: userData({ ...boot, sources: { ...sources, CONFIG_VERSION: this.version } }),
    });
    this.group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: this.groupName,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      ...(spot === undefined ? { launchTemplate: template } : mixed(template, instanceType, spot)),
      // Our own limits are the autoscaler's: AWS refuses to take an instance away at a minimum.
      minCapacity: 0,
      maxCapacity: props.maximum,
      newInstancesProtectedFromScaleIn: true,
      // The CDK would add an update policy.
      ignoreUnmodifiedSizeProperties: false,
    });
    this.group.node.addDependency(vpc.internetConnectivityEstablished);
    Validations.of(this.group).acknowledge(NO_GROUP_NOTIFICATIONS);
    if (spot !== undefined) Validations.of(this.group).acknowledge(ENCRYPTED_ALL_THE_SAME);
    for (const named of [this.group, template]) Tags.of(named).add('Name', this.groupName);
    Tags.of(this.group).add(CLUSTER_TAG, this.groupName);
    Tags.of(this.group).add(PORT_TAG, String(port));
    if (names !== undefined) Tags.of(this.group).add(NAMES_TAG, names);
    Tags.of(this.group).add(VERSION_TAG, this.version, { applyToLaunchedInstances: false });
    new FirstSize(this, 'FirstSize', { groupName: this.groupName, nodes: props.nodes }).node.addDependency(this.group);
    const forceDelete = new ForceDelete(this, 'ForceDelete', {
      groupName: this.groupName,
      logicalId: `ForceDelete${cluster.replaceAll(/[^A-Za-z0-9]/g, '')}`,
    });
    const { defaultChild } = this.group.node;
    if (defaultChild !== undefined) forceDelete.node.addDependency(defaultChild);
    // A pool goes before its group does.
    if (props.warmPool !== undefined) this.#keepReady(props.warmPool.nodes).node.addDependency(forceDelete);
  }

  /** Stopped instances have run their user data; the program starts when they are put into service. */
  #keepReady(nodes: number): WarmPool {
    // The same number twice makes the pool's size absolute.
    return this.group.addWarmPool({ minSize: nodes, maxGroupPreparedCapacity: nodes, poolState: PoolState.STOPPED });
  }
}

/**
 * No capacity rebalancing: AWS would end instances with players on a mere guess. The notice that one is really taken drains it.
 */
function mixed(template: LaunchTemplate, instanceType: string, { share, onDemandBase, instanceTypes }: SpotShare) {
  return {
    mixedInstancesPolicy: {
      launchTemplate: template,
      launchTemplateOverrides: [instanceType, ...instanceTypes].map((type) => ({
        instanceType: new InstanceType(type),
      })),
      instancesDistribution: {
        onDemandBaseCapacity: onDemandBase ?? 0,
        onDemandPercentageAboveBaseCapacity: Math.round(100 * (1 - share)),
        onDemandAllocationStrategy: OnDemandAllocationStrategy.PRIORITIZED,
        spotAllocationStrategy: SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
      },
    },
  };
}

const ENCRYPTED_ALL_THE_SAME = {
  id: 'AwsSolutions-EC26',
  reason:
    'The rule does not find the template of a group of mixed instances; it is the same one, with an encrypted disk.',
} as const;

function mayRead(secretArn: string): PolicyStatement {
  return new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] });
}

/** The first 12 hex digits. */
function hash(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
