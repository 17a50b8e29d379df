import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ScalingConfig } from '../runtime/core/config/scaling';
import { ApiEndpoint } from './api-endpoint';
import { API_PORT, BalancerPair } from './balancer-pair';
import { Keys } from './keys';
import { Monitoring } from './monitoring';
import { Network } from './network';
import { NodeFleet } from './node-fleet';
import { Registry } from './registry';

export interface ClusterProps {
  /** Nodes at the first deploy; later deploys leave the size to the autoscaler. */
  readonly nodes: number;
  /** E.g. `c7g.medium`. */
  readonly instanceType: string;
  /** Limits and capacity; the same type that the autoscaler runs by. */
  readonly scaling: ScalingConfig;
  /** Further variables for the program. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface RealtimeStackProps extends StackProps {
  /** Availability zones, 2 or 3. */
  readonly azs: number;
  readonly clusters: { readonly lobby: ClusterProps; readonly game: ClusterProps };
  readonly balancer: { readonly instanceType: string; readonly settings: Readonly<Record<string, string>> };
  readonly registry: { readonly nodeType: string; readonly replicas: number };
  readonly api: { readonly certificateArn?: string | undefined; readonly callers: readonly string[] };
  readonly alarms: { readonly topicArn?: string | undefined };
  /** Paths of the bundles. */
  readonly programs: { readonly balancer: string; readonly lobby: string; readonly game: string };
}

/** One environment: two fleets of nodes, two balancers, the registry, and the API. Its id is the environment's name. */
export class RealtimeStack extends Stack {
  readonly #azs: number;

  constructor(scope: Construct, id: string, props: RealtimeStackProps) {
    super(scope, id, props);
    this.#azs = props.azs;
    const stack = id;
    const { vpc, logs } = new Network(this, 'Network', { azs: props.azs });
    const registry = new Registry(this, 'Registry', { vpc, stack, ...props.registry });
    const keys = new Keys(this, 'Keys', { stack });

    const fleet = (name: string, cluster: 'lobby' | 'game', over: { registry?: Registry } = {}) => {
      const { scaling, ...rest } = props.clusters[cluster];
      return new NodeFleet(this, name, {
        ...rest,
        ...over,
        ...{ vpc, stack, cluster },
        program: props.programs[cluster],
        maximum: maximumWithSurge(scaling),
        capacity: scaling.capacity,
        agentPublicKeys: keys.agentPublicKeys,
      });
    };
    const fleets = [fleet('Lobby', 'lobby', { registry }), fleet('Game', 'game')];

    const { certificateArn, callers } = props.api;
    const api = new ApiEndpoint(this, 'Api', {
      ...{ vpc, stack, logs, callers },
      targetPort: API_PORT,
      ...(certificateArn === undefined ? {} : { certificateArn }),
    });
    new BalancerPair(this, 'Balancers', {
      ...{ vpc, stack, keys, registry },
      ...props.balancer,
      clusters: Object.keys(props.clusters),
      program: props.programs.balancer,
      targets: api.targets,
      loadBalancer: api.securityGroup,
    });

    const { topicArn } = props.alarms;
    new Monitoring(this, 'Monitoring', {
      ...{ stack, registry, targets: api.targets },
      ...(topicArn === undefined ? {} : { topicArn }),
    });

    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'The API' });
    new CfnOutput(this, 'ApiKeySecret', {
      value: keys.api.secretArn,
      description: 'Secret that holds the key of the API',
    });
    for (const { node, groupName } of fleets) {
      new CfnOutput(this, `${node.id}Group`, { value: groupName, description: 'Auto Scaling group' });
    }
  }

  /** Without asking AWS: the first zones of the region, whichever it is. */
  override get availabilityZones(): string[] {
    return Array.from({ length: this.#azs }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}

/** A rolling replacement may exceed the maximum by its surge, and AWS must let it. */
function maximumWithSurge({ maximum, roll }: ScalingConfig): number {
  return maximum + Math.max(1, Math.ceil(maximum * roll.surgeFraction));
}
