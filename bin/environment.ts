import { z } from 'zod';
import { Cluster } from './cluster';
import { checkRelations, isOurs } from './relations';
import { CertificateArn, DomainName, InstanceTypeName, SecretArn, settings, TopicArn } from './shapes';

/** Name of an environment, and of its stack. */
const Name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'must begin with a letter and have at most 40 letters, digits and hyphens');

const BALANCER_VARIABLES = [
  ...['STACK', 'BALANCER_ID', 'CLUSTERS', 'HOME_CLUSTERS', 'HOST', 'PORT', 'PRIVATE_PORT', 'PEER_URL', 'REDIS_URL'],
  ...[
    'MASTER_KEYS',
    'AGENT_PRIVATE_KEY',
    'API_KEYS',
    'KEYS_FILE',
    'FLEET',
    'AWS_REGION',
    'SCALING',
    'PROBES',
    'CLOUDWATCH_NAMESPACE',
  ],
];

/** Ids of other parts of the stack, which a cluster's would collide with. */
const TAKEN = ['alarms', 'api', 'balancer', 'balancers', 'dashboard', 'keys', 'monitoring', 'network', 'registry'];

/** What CloudWatch Logs takes. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653];

const ClusterName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,19}$/, 'must begin with a small letter and have at most 20 small letters and digits')
  .refine((name) => !TAKEN.includes(name), 'is taken by a part of the stack; choose another one');

/** Lobby and game are there unless something is said; what is no record is left for the schema to refuse. */
function withOurs(clusters: unknown): unknown {
  if (typeof clusters !== 'object' || clusters === null || Array.isArray(clusters)) return clusters;
  return { lobby: {}, game: {}, ...clusters };
}

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
  /** By name; lobby and game are always there, others need a `program`. */
  clusters: z.preprocess(withOurs, z.record(ClusterName, Cluster)).prefault({}),
  /** What instances start from: `own` is built by the stack `NAME-image`, whose pipeline must have run once. @default 'amazon-linux' */
  image: z.enum(['amazon-linux', 'own']).default('amazon-linux'),
  /** Names of nodes and TLS, so that players connect by `wss://`. @default none: `ws://`, unencrypted */
  domain: z
    .strictObject({
      /** Nodes are called ID.NAME. */
      name: DomainName,
      /** The zone of Route 53 that holds the name. */
      hostedZoneId: z
        .string()
        .regex(/^Z[A-Z0-9]{1,31}$/, 'must be the id of a hosted zone such as Z0123456789ABCDEFGHIJ'),
      /** Secret with JSON: `certificate` and `privateKey`, both PEM, for `*.NAME`. */
      certificateSecretArn: SecretArn,
    })
    .optional(),
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
      /** SNS topic that alarms go to. @default one that the stack makes */
      topicArn: TopicArn.optional(),
      /** Who subscribes to the stack's own topic; AWS sends a message to confirm. @default nobody */
      email: z.email('must be an e-mail address').optional(),
      /** Secret whose text is the address of a Slack webhook. @default none */
      slackSecretArn: SecretArn.optional(),
    })
    .prefault({}),
  logs: z
    .strictObject({
      /** Days that logs are kept in CloudWatch. @default 30 */
      retentionDays: z
        .union(
          RETENTION_DAYS.map((days) => z.literal(days)),
          `must be one of ${RETENTION_DAYS.join(', ')}`,
        )
        .default(30),
    })
    .prefault({}),
  /** Lets workflows on GitHub deploy this environment and build its image. @default none */
  github: z
    .strictObject({
      /** `OWNER/NAME` */
      repository: z.string().regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'must be OWNER/NAME'),
    })
    .optional(),
});

/** One environment, as its entry in the context of `cdk.json` and `-c` describe it; `{}` is one. Unknown keys are refused. */
export const Environment = Fields.check(checkRelations).transform(({ instanceNum, ...environment }) => {
  const complete = ([name, cluster]: [string, Cluster]) => {
    const nodes = cluster.nodes ?? (isOurs(name) ? instanceNum / 2 : cluster.scaling.minimum);
    return [name, { ...cluster, nodes, registry: cluster.registry ?? name === 'lobby' }] as const;
  };
  return { ...environment, clusters: Object.fromEntries(Object.entries(environment.clusters).map(complete)) };
});
export type Environment = z.infer<typeof Environment>;

/** All environments by name. */
export const EnvironmentNames = z.record(Name, z.unknown());
