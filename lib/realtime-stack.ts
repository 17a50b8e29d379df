import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type IVpc, Port } from 'aws-cdk-lib/aws-ec2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { ScalingConfig } from '../runtime/core/config/scaling';
import { AlarmTopic, type AlarmTopicProps } from './alarm-topic';
import { ApiEndpoint } from './api-endpoint';
import { API_PORT, BalancerPair, type BalancerPairProps } from './balancer-pair';
import { Dashboard } from './dashboard';
import type { ImageSource } from './images';
import { Keys } from './keys';
import { Monitoring } from './monitoring';
import { Network } from './network';
import { type NodeDomain, NodeFleet, type NodeFleetProps, type SpotShare } from './node-fleet';
import { Registry } from './registry';
import { firstZones } from './zones';

/** A cluster of nodes; see `NodeFleetProps` for what is not described here. */
export interface ClusterProps extends Pick<NodeFleetProps, 'nodes' | 'program' | 'instanceType' | 'port' | 'settings'> {
  /** Limits and capacity; the same type that the autoscaler runs by. */
  readonly scaling: ScalingConfig;
  /** How balancers ask the nodes: `socket.io`, `http` or `http:PORT`. */
  readonly probe: string;
  /** Whether the nodes may reach Redis. */
  readonly registry: boolean;
  readonly spot?: SpotShare | undefined;
  readonly warmPool?: { readonly nodes: number } | undefined;
}

export interface RealtimeStackProps extends StackProps {
  /** Availability zones, 2 or 3. */
  readonly azs: number;
  /** By name, in letters and digits; two or more. */
  readonly clusters: Readonly<Record<string, ClusterProps>>;
  readonly balancer: Required<Pick<BalancerPairProps, 'program' | 'instanceType' | 'settings'>>;
  readonly image: ImageSource;
  readonly registry: { readonly nodeType: string; readonly replicas: number };
  readonly api: { readonly certificateArn?: string | undefined; readonly callers: readonly string[] };
  readonly alarms: Omit<AlarmTopicProps, 'stack'> & { readonly slackSecretArn?: string | undefined };
  readonly logs: { readonly retentionDays: RetentionDays };
  /** Names and a certificate for the nodes. */
  readonly domain?: NodeDomain | undefined;
}

interface Parts {
  readonly vpc: IVpc;
  readonly registry: Registry;
  readonly keys: Keys;
}

/** One environment: fleets of nodes, two balancers, the registry, and the API. Its id is the environment's name. */
export class RealtimeStack extends Stack {
  readonly #azs: number;

  constructor(scope: Construct, id: string, props: RealtimeStackProps) {
    super(scope, id, props);
    this.#azs = props.azs;
    const stack = id;
    const { vpc, logs } = new Network(this, 'Network', { azs: props.azs });
    const registry = new Registry(this, 'Registry', { vpc, stack, ...props.registry });
    const keys = new Keys(this, 'Keys', { stack });

    const clusters = Object.entries(props.clusters);
    const fleets = clusters.map(([name, cluster]) => this.#fleet(name, cluster, props, { vpc, registry, keys }));

    const { certificateArn, callers } = props.api;
    const api = new ApiEndpoint(this, 'Api', {
      ...{ vpc, stack, logs, callers },
      targetPort: API_PORT,
      ...(certificateArn === undefined ? {} : { certificateArn }),
    });
    const probes = clusters.filter(([, { probe }]) => probe !== 'socket.io').map(([name, { probe }]) => [name, probe]);
    const balancers = new BalancerPair(this, 'Balancers', {
      ...{ vpc, stack, keys, registry },
      ...props.balancer,
      logRetention: props.logs.retentionDays,
      image: props.image,
      clusters: clusters.map(([name]) => name),
      scaling: Object.fromEntries(clusters.map(([name, { scaling }]) => [name, scaling])),
      probes: Object.fromEntries(probes),
      slackSecretArn: props.alarms.slackSecretArn,
      domain: props.domain,
      targets: api.targets,
      loadBalancer: api.securityGroup,
    });
    for (const [index, fleet] of fleets.entries()) {
      const port = Number(clusters[index]?.[1].probe.split(':')[1] ?? fleet.port);
      if (port !== fleet.port) fleet.securityGroup.addIngressRule(balancers.securityGroup, Port.tcp(port), 'Balancers');
    }

    const { topic } = new AlarmTopic(this, 'Alarms', { stack, ...props.alarms });
    const names = clusters.map(([name]) => name);
    const { alarms } = new Monitoring(this, 'Monitoring', {
      ...{ stack, registry, topic, targets: api.targets, clusters: names, senders: balancers },
    });
    new Dashboard(this, 'Dashboard', { stack, clusters: names, alarms });

    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'The API' });
    new CfnOutput(this, 'ApiKeySecret', {
      value: keys.api.secretArn,
      description: 'Secret that holds the key of the API',
    });
    for (const { node, groupName } of fleets) {
      new CfnOutput(this, `${node.id}Group`, { value: groupName, description: 'Auto Scaling group' });
    }
  }

  #fleet(name: string, cluster: ClusterProps, props: RealtimeStackProps, parts: Parts): NodeFleet {
    const { scaling, probe: _, registry, ...rest } = cluster;
    return new NodeFleet(this, name.charAt(0).toUpperCase() + name.slice(1), {
      ...rest,
      ...{ vpc: parts.vpc, stack: this.node.id, cluster: name },
      ...(registry ? { registry: parts.registry } : {}),
      image: props.image,
      logRetention: props.logs.retentionDays,
      maximum: maximumWithSurge(scaling),
      capacity: scaling.capacity,
      agentPublicKeys: parts.keys.agentPublicKeys,
      domain: props.domain,
    });
  }

  /** Without asking AWS: the first zones of the region, whichever it is. */
  override get availabilityZones(): string[] {
    return firstZones(this.#azs);
  }
}

/** A rolling replacement may exceed the maximum by its surge, and AWS must let it. */
export function maximumWithSurge({ maximum, roll }: ScalingConfig): number {
  return maximum + Math.max(1, Math.ceil(maximum * roll.surgeFraction));
}
