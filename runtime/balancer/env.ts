import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { Id } from '../core/protocol/limits';
import { FLEET_FORMS, openFleet } from '../fleet';
import { PEER_FORMS, parsePeerAddress } from '../fleet/peer-address';
import type { Fleet } from '../fleet/port';
import { type MasterKey, parseMasterKeys } from '../tickets/keys';
import { ScalingVariable } from './scaling/scaling-variable';
import { SlackVariables } from './slack/variables';
import { ProbeChoice } from './watch/probes';

/** Comma-separated, at least one, none twice. */
function list<T>(item: z.ZodType<T, string>): z.ZodType<readonly T[], string> {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item).min(1))
    .refine((items) => new Set(items).size === items.length, 'names something twice');
}

/** Turns what a parser throws into a mistake of the variable. */
function parsed<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  });
}

/** One or two, newest first. */
function privateKeys(text: string): readonly string[] {
  const keys = text.split(',').map((part) => Buffer.from(part.trim(), 'base64').toString('utf8'));
  const good = keys.every(
    (pem) => pem.includes('PRIVATE KEY') && createPrivateKey(pem).asymmetricKeyType === 'ed25519',
  );
  if (good && keys.length <= 2) return keys;
  throw new Error('one or two Ed25519 private keys (PEM, in base64), newest first, comma-separated');
}

/** The variables that hold keys; also what a keys file has. */
export const KeyVariables = z.object({
  MASTER_KEYS: parsed<readonly MasterKey[]>(parseMasterKeys).describe(
    'secrets that tickets are derived from, at least 32 bytes each in hex or base64url; one or two, newest first, comma-separated',
  ),
  AGENT_PRIVATE_KEY: parsed(privateKeys).describe(
    'what nodes know this balancer by: Ed25519, PEM in base64; one or two, newest first, comma-separated',
  ),
  API_KEYS: list(z.string().regex(/^\S{1,256}$/, '1 to 256 characters without spaces')).describe(
    'keys that callers of the API may show, comma-separated',
  ),
});

const Port = z.coerce.number().int().min(0).max(65_535);
const Milliseconds = z.coerce.number().int();

const Variables = z.object({
  STACK: Id.describe('name of the environment, e.g. prod-realtime'),
  BALANCER_ID: Id.describe('unique id of this balancer'),
  CLUSTERS: list(Id).default(['lobby', 'game']).describe('clusters to watch, comma-separated (default lobby,game)'),
  PROBES: list(ProbeChoice)
    .optional()
    .describe('clusters whose nodes are asked over HTTP, comma-separated: CLUSTER=http[:PORT] (default: socket.io)'),
  HOST: z.string().min(1).default('0.0.0.0').describe('address to listen on (default 0.0.0.0)'),
  PORT: Port.default(8_080).describe('TCP port of the API, 0 for any free one (default 8080)'),
  PRIVATE_PORT: Port.default(0).describe(
    'TCP port for operators and the other balancer: the live page, /readyz, /homez; 0 for any free one (default 0)',
  ),
  PEER_URL: parsed(parsePeerAddress)
    .optional()
    .describe(`private port of the other balancer: ${PEER_FORMS} (default: this balancer is alone)`),
  HOME_CLUSTERS: list(Id)
    .optional()
    .describe('clusters that this balancer prefers when there are two, comma-separated (default: all)'),
  LEASE_TTL_MS: Milliseconds.min(600)
    .max(60_000)
    .default(3_000)
    .describe('how long ownership lasts that is not renewed, in milliseconds (default 3000)'),
  STEADY_MS: Milliseconds.min(0)
    .max(600_000)
    .default(2_500)
    .describe(
      'how long a returned peer must be there before it gets its clusters back, in milliseconds (default 2500)',
    ),
  REDIS_URL: z.string().min(1).describe('redis://, rediss://, or the path of a Unix socket'),
  ...KeyVariables.shape,
  KEYS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file of lines NAME=VALUE with these three, which count from then on; read when it changes (default: none)',
    ),
  FLEET: parsed<Fleet>(openFleet).describe(`where instances come from: ${FLEET_FORMS}`),
  CLOUDWATCH_NAMESPACE: z
    .string()
    .regex(/^(?!AWS\/|:)[A-Za-z0-9._/#:-]{1,255}$/, 'letters, digits and . - _ / # :, not AWS/…')
    .optional()
    .describe('sends metrics to CloudWatch once a minute, under this namespace (default: sends none)'),
  TICKET_TTL_MS: Milliseconds.min(1_000)
    .max(600_000)
    .default(15_000)
    .describe('lifetime of a ticket, in milliseconds (default 15000)'),
  POLL_MS: Milliseconds.min(50)
    .max(60_000)
    .default(1_000)
    .describe('period of the polls, in milliseconds (default 1000)'),
  RED_AFTER_MS: Milliseconds.min(1_000)
    .max(3_600_000)
    .default(30_000)
    .describe('silence after which a node is replaced, in milliseconds (default 30000)'),
  SCALING_RECORD: z
    .string()
    .min(1)
    .optional()
    .describe('folder to write every decision with its input to, for npm run simulate:replay (default: none)'),
  SCALING: ScalingVariable.default({}).describe(
    'how clusters scale, JSON by cluster: {"game":{"minimum":4}}; null: never (default {}, every cluster with the defaults)',
  ),
  ...SlackVariables.shape,
});

/** Variables that must fit each other. */
const RELATED: ReadonlySet<unknown> = new Set(['CLUSTERS', 'SCALING', 'PROBES']);

/** What the balancer reads from the environment. */
export const BalancerEnv = Variables.superRefine(
  ({ CLUSTERS, SCALING, PROBES = [], ...rest }, context) => {
    const named = PROBES.map(({ cluster }) => cluster);
    const report = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    const strangers = (names: readonly string[]) => names.filter((cluster) => !CLUSTERS.includes(cluster));
    for (const [name, unknown] of [
      ['PROBES', strangers(named)],
      ['SCALING', strangers(Object.keys(SCALING))],
    ] as const) {
      if (unknown.length > 0) report(name, `names ${unknown.join(', ')}, which CLUSTERS does not`);
    }
    if (new Set(named).size < named.length) report('PROBES', 'names a cluster twice');
    if (rest.SLACK_WEBHOOK_URL !== undefined && rest.SLACK_WEBHOOK_FILE !== undefined) {
      report('SLACK_WEBHOOK_FILE', 'is set together with SLACK_WEBHOOK_URL: set one of them');
    }
  },
  // Also when other variables are wrong, so that all mistakes are found at once.
  { when: ({ issues }) => !issues.some(({ path }) => RELATED.has(path?.[0])) },
);
export type BalancerEnv = z.infer<typeof BalancerEnv>;
