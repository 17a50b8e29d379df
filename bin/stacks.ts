import type { Environment as Account, App } from 'aws-cdk-lib';
import { ImageStack } from '../lib/image-stack';
import { architectureOf } from '../lib/images';
import { RealtimeStack } from '../lib/realtime-stack';
import type { Environment } from './environment';

/** Paths of the bundles. */
export interface Programs {
  readonly balancer: string;
  readonly lobby: string;
  readonly game: string;
}

export interface Stacks {
  readonly realtime: RealtimeStack;
  readonly image: ImageStack;
}

/** The two stacks of an environment: `NAME`, and `NAME-image`, which can be deployed or left out. */
export function createStacks(app: App, name: string, environment: Environment, programs: Programs): Stacks {
  const { account, region, azs, image, registry, api, alarms, logs, domain, github } = environment;
  const env: Account = { ...(account && { account }), ...(region && { region }) };
  const clusters = Object.entries(environment.clusters).map(([cluster, settings]) => {
    const program = settings.program ?? (cluster === 'lobby' || cluster === 'game' ? programs[cluster] : undefined);
    if (program === undefined) throw new Error(`clusters.${cluster} has no program`);
    return [cluster, { ...settings, program }] as const;
  });
  const balancer = { ...environment.balancer, program: programs.balancer };
  const realtime = new RealtimeStack(app, name, {
    ...{ env, azs, image, registry, api, alarms, logs, domain, balancer },
    clusters: Object.fromEntries(clusters),
    description: `${name}: nodes for direct connections, balancers, registry and API`,
  });
  const machines = [balancer, ...clusters.map(([, cluster]) => cluster)];
  const imageStack = new ImageStack(app, `${name}-image`, {
    env,
    stack: name,
    architectures: [...new Set(machines.map(({ instanceType }) => architectureOf(instanceType)))].sort(),
    programs: [...new Set(machines.map(({ program }) => program))],
    repository: github?.repository,
    description: `${name}: the image that its instances start from`,
  });
  return { realtime, image: imageStack };
}
