import { z } from 'zod';
import { ScalingConfig } from '../runtime/core/config/scaling';

/** Name of an environment, and of its stack. */
const Name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'must begin with a letter and have at most 40 letters, digits and hyphens');

const InstanceTypeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'must be an instance type such as c7g.medium');

const CertificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
    'must be the ARN of a certificate: arn:aws:acm:REGION:ACCOUNT:certificate/ID',
  );

/** Variables that a program gets in addition. Characters that systemd or bash would read otherwise than they stand are refused. */
function settings(ours: readonly string[]) {
  return z
    .record(
      z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/, 'must be capital letters, digits and underscores')
        .refine((name) => !ours.includes(name), 'is set by the infrastructure'),
      z.string().regex(/^[A-Za-z0-9_.,:/@%+=-]*$/, 'must be letters, digits and _ . , : / @ % + = -'),
    )
    .default({});
}

const NODE_VARIABLES = [
  ...['STACK', 'CLUSTER', 'NODE_ID', 'HOST', 'PORT', 'CAPACITY', 'VERSION'],
  ...['AGENT_PUBLIC_KEYS', 'REDIS_URL', 'CONFIG_VERSION'],
];
const BALANCER_VARIABLES = [
  ...['STACK', 'BALANCER_ID', 'CLUSTERS', 'HOME_CLUSTERS', 'HOST', 'PORT', 'PRIVATE_PORT', 'PEER_URL', 'REDIS_URL'],
  ...['MASTER_KEYS', 'AGENT_PRIVATE_KEY', 'API_KEYS', 'FLEET', 'AWS_REGION'],
];

const Cluster = z.strictObject({
  /** Nodes at the first deploy. @default half of `instanceNum` */
  nodes: z.int().min(1).max(10_000).optional(),
  /** @default 'c7g.medium' */
  instanceType: InstanceTypeName.default('c7g.medium'),
  /** Minimum, maximum, capacity, thresholds, windows, cooldowns: see `runtime/core/config/scaling.ts`. */
  scaling: ScalingConfig.prefault({}),
  /** Further variables for the program; `node dist/game.js --help` names them. @default {} */
  settings: settings(NODE_VARIABLES),
});

const Fields = z.strictObject({
  /** AWS account, 12 digits. @default the one that the CLI is logged in to */
  account: z.coerce
    .string()
    .regex(/^\d{12}$/, 'must be 12 digits')
    .optional(),
  /** AWS region. @default the CLI's */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as ap-northeast-1')
    .optional(),
  /** Availability zones. @default 3 */
  azs: z.int().min(2).max(3).default(3),
  /** Nodes at the first deploy, half of them lobby, half game. @default 4 */
  instanceNum: z
    .int('must be a whole, even number, e.g. 50')
    .min(2, 'must be 2 or more')
    .max(20_000, 'must be 20000 or less')
    .multipleOf(2, 'must be even: half of the nodes are for the lobby, half for the game')
    .default(4),
  clusters: z.strictObject({ lobby: Cluster.prefault({}), game: Cluster.prefault({}) }).prefault({}),
  balancer: z
    .strictObject({
      /** @default 't4g.small' */
      instanceType: InstanceTypeName.default('t4g.small'),
      /** Further variables; `node dist/balancer.js --help` names them. @default {} */
      settings: settings(BALANCER_VARIABLES),
    })
    .prefault({}),
  registry: z
    .strictObject({
      /** @default 'cache.t4g.small' */
      nodeType: z
        .string()
        .regex(/^cache\.[a-z][a-z0-9]*\.[a-z0-9]+$/, 'must be a node type such as cache.t4g.small')
        .default('cache.t4g.small'),
      /** Copies in other zones. @default 1 */
      replicas: z.int().min(1).max(5).default(1),
    })
    .prefault({}),
  api: z
    .strictObject({
      /** Certificate for HTTPS. @default none: plain HTTP */
      certificateArn: CertificateArn.optional(),
      /** Who may call the API. @default ['0.0.0.0/0']: everybody who has a key */
      callers: z.array(z.cidrv4('must be in CIDR notation, e.g. 203.0.113.0/24')).min(1).default(['0.0.0.0/0']),
    })
    .prefault({}),
  alarms: z
    .strictObject({
      /** SNS topic that alarms go to. @default none */
      topicArn: z
        .string()
        .regex(
          /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/,
          'must be the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME',
        )
        .optional(),
    })
    .prefault({}),
});

const CLUSTERS = ['lobby', 'game'] as const;

/** One environment, as its entry in the context of `cdk.json` and `-c` describe it; `{}` is one. Unknown keys are refused. */
export const Environment = Fields.transform((environment) => {
  const sized = (cluster: z.infer<typeof Cluster>) => ({
    ...cluster,
    nodes: cluster.nodes ?? environment.instanceNum / 2,
  });
  const { lobby, game } = environment.clusters;
  return { ...environment, clusters: { lobby: sized(lobby), game: sized(game) } };
}).superRefine(({ clusters }, context) => {
  for (const name of CLUSTERS) {
    const { nodes, scaling } = clusters[name];
    if (nodes <= scaling.maximum) continue;
    const message = `must be at most scaling.maximum (${scaling.maximum}), is ${nodes}; lower it or instanceNum, or raise the maximum`;
    context.addIssue({ code: 'custom', path: ['clusters', name, 'nodes'], message });
  }
});
export type Environment = z.infer<typeof Environment>;

/** All environments by name. */
export const EnvironmentNames = z.record(Name, z.unknown());
