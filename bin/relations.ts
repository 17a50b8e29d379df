import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { z } from 'zod';
import { InstanceTypeName } from './shapes';

/** User data, of 16 KB at most, holds it in base64. */
const MAX_SCALING_BYTES = 5_000;
/** Clusters that have programs of ours. */
const OURS = ['lobby', 'game'] as const;

export function isOurs(cluster: string): cluster is (typeof OURS)[number] {
  return OURS.some((ours) => ours === cluster);
}

/** As much of a cluster as can be understood when other fields of it are wrong. */
const Cluster = z.object({
  nodes: z.number().optional().catch(undefined),
  instanceType: InstanceTypeName.optional().catch(undefined),
  program: z.unknown().optional(),
  plugin: z.unknown().optional(),
  scaling: z.object({ maximum: z.number() }).loose().optional().catch(undefined),
  spot: z
    .object({ instanceTypes: z.array(InstanceTypeName.catch('')) })
    .optional()
    .catch(undefined),
  warmPool: z.object({ nodes: z.number() }).optional().catch(undefined),
});
type Cluster = z.infer<typeof Cluster>;
const Seen = z.object({
  instanceNum: z.number().optional().catch(undefined),
  clusters: z.record(z.string(), Cluster.optional().catch(undefined)).catch({}),
  alarms: z.object({ topicArn: z.unknown(), email: z.unknown() }).partial().catch({}),
});

type Report = (path: (string | number)[], message: string) => void;

function sizes(name: string, { nodes, scaling, warmPool }: Cluster, instanceNum: number | undefined, report: Report) {
  const maximum = scaling?.maximum;
  if (maximum === undefined) return;
  const first = nodes ?? (isOurs(name) && instanceNum !== undefined ? instanceNum / 2 : 0);
  if (first > maximum) {
    const message = `must be at most scaling.maximum (${maximum}), is ${first}; lower it or instanceNum, or raise the maximum`;
    report(['nodes'], message);
  }
  if (warmPool !== undefined && warmPool.nodes > maximum) {
    report(['warmPool', 'nodes'], `must be at most scaling.maximum (${maximum}), is ${warmPool.nodes}`);
  }
}

function instances({ instanceType = '', spot, warmPool }: Cluster, report: Report) {
  if (spot !== undefined && warmPool !== undefined) {
    report(['warmPool'], 'cannot be together with spot: a pool is for instances of one kind; remove one of them');
  }
  const architecture = architectureOf(instanceType);
  spot?.instanceTypes.forEach((type, index) => {
    if (type === '' || architecture === null || architectureOf(type) === architecture) return;
    const message = `must be ${architecture} like ${instanceType}: all nodes of a cluster start from one image`;
    report(['spot', 'instanceTypes', index], message);
  });
}

function architectureOf(type: string): string | null {
  return type === '' ? null : new InstanceType(type).architecture;
}

/**
 * What must hold between fields of an environment, as a zod check. Runs also when single fields are wrong, so that one parse finds
 * all mistakes.
 */
export const checkRelations = z.superRefine<unknown>(
  (value, context) => {
    const { instanceNum, clusters, alarms } = Seen.catch({ clusters: {}, alarms: {} }).parse(value);
    if (alarms.email !== undefined && alarms.topicArn !== undefined) {
      const message =
        'is for the topic that the stack makes: subscribe to alarms.topicArn yourself, or remove one of them';
      context.addIssue({ code: 'custom', path: ['alarms', 'email'], message });
    }
    for (const [name, cluster] of Object.entries(clusters)) {
      if (cluster === undefined) continue;
      const report: Report = (path, message) =>
        context.addIssue({ code: 'custom', path: ['clusters', name, ...path], message });
      sizes(name, cluster, instanceNum, report);
      instances(cluster, report);
      if (cluster.plugin !== undefined && (name !== 'game' || cluster.program !== undefined)) {
        report(['plugin'], 'is for the game program of ours: only of the cluster game, and not together with program');
      }
      if (cluster.program === undefined && !isOurs(name)) {
        report(['program'], 'must be the path of a bundle: only lobby and game have programs of ours');
      }
    }
    const bytes = Buffer.byteLength(JSON.stringify(Object.values(clusters).map((cluster) => cluster?.scaling)));
    if (bytes <= MAX_SCALING_BYTES) return;
    const message = `their scaling takes ${bytes} bytes of JSON, and ${MAX_SCALING_BYTES} fit into what instances get; use fewer windows`;
    context.addIssue({ code: 'custom', path: ['clusters'], message });
  },
  { when: () => true },
);
