import { z } from 'zod';
import { Id } from '../core/protocol/limits';
import { arePublicKeys } from './options';
import type { AgentOptions } from './types';

/** One or two PEMs, each in base64, separated by a comma. */
const PublicKeys = z
  .string()
  .transform((text) => text.split(',').map((part) => Buffer.from(part.trim(), 'base64').toString('utf8')))
  .refine(arePublicKeys, 'one or two Ed25519 public keys (PEM, in base64), separated by a comma');

/** What every node program reads from the environment; the lobby and the game extend it. */
export const NodeEnv = z.object({
  STACK: Id.describe('name of the environment, e.g. prod-realtime'),
  CLUSTER: Id.describe('name of the cluster that this node belongs to, e.g. game'),
  NODE_ID: Id.describe('unique id of this node: the instance id'),
  HOST: z.string().min(1).default('0.0.0.0').describe('address to listen on (default 0.0.0.0)'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('TCP port, 0 for any free one (default 0)'),
  CAPACITY: z.coerce.number().int().min(1).max(1_000_000).default(5_000).describe('players it takes (default 5000)'),
  VERSION: z.string().max(128).default('dev').describe('hash of what this node runs (default dev)'),
  AGENT_PUBLIC_KEYS: PublicKeys.describe("balancers' public keys: PEM in base64, one or two, comma-separated"),
  TLS_CERT: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of the certificate and its chain: serves TLS, and follows its changes (default: no TLS)'),
  TLS_KEY: z.string().min(1).optional().describe('PEM file of its private key (default: the file of TLS_CERT)'),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('TCP port of /metrics for Prometheus, not for players; 0 for any free one (default: none is served)'),
  LEAVING_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('file that is made when this machine will go away soon: the balancer drains it at once (default: none)'),
  GRACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(15_000)
    .describe('how long a session outlives its connection, in milliseconds (default 15000)'),
});
export type NodeEnv = z.infer<typeof NodeEnv>;

/** The part of the environment that the agent needs: `attachAgent(io, agentOptions(config))`. */
export function agentOptions(env: NodeEnv): AgentOptions {
  return {
    nodeId: env.NODE_ID,
    cluster: env.CLUSTER,
    version: env.VERSION,
    capacity: env.CAPACITY,
    publicKeys: env.AGENT_PUBLIC_KEYS,
    graceMs: env.GRACE_MS,
    ...(env.LEAVING_FILE !== undefined && { leavingFile: env.LEAVING_FILE }),
  };
}
