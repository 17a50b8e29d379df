import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ScalingConfig } from '../runtime/core/config/scaling';
import { InstanceTypeName, settings } from './shapes';

/** What the infrastructure sets itself. */
const NODE_VARIABLES = [
  ...['STACK', 'CLUSTER', 'NODE_ID', 'HOST', 'PORT', 'CAPACITY', 'VERSION', 'AGENT_PUBLIC_KEYS', 'REDIS_URL'],
  ...['GAME_PLUGIN', 'CONFIG_VERSION', 'LEAVING_FILE', 'TLS_CERT'],
];

const Port = z.int().min(1024, 'must be 1024 or more: programs run without privileges').max(65_535);

const Spot = z.strictObject({
  /** Nodes beyond `onDemandBase` that are Spot instances, as a fraction of them. */
  share: z.number('must be a number above 0, at most 1').gt(0).max(1),
  /** Nodes that are never Spot instances. @default 0 */
  onDemandBase: z.int().min(0).max(10_000).default(0),
  /** Further types that serve as well as `instanceType`: the more, the seldomer one is taken away. Of the same architecture. */
  instanceTypes: z.array(InstanceTypeName).min(1, 'must name a further type or more').max(39),
});

const WarmPool = z.strictObject({
  /** Nodes that are prepared and stopped: they start in half the time and cost only their disk. */
  nodes: z.int().min(1).max(1_000),
});

/** One cluster of nodes, as the context describes it. */
export const Cluster = z.strictObject({
  /** Nodes at the first deploy. @default half of `instanceNum` for lobby and game, else the minimum */
  nodes: z.int().min(1).max(10_000).optional(),
  /** @default 'c7g.medium' */
  instanceType: InstanceTypeName.default('c7g.medium'),
  /** Path of a program to run in place of ours: one file for Node.js that attaches the agent. @default ours, for lobby and game */
  program: z
    .string()
    .min(1)
    .refine((path) => existsSync(path), 'is no file here; give the path from the project, and bundle it first')
    .optional(),
  /** Path of your game's logic, a module of JavaScript or TypeScript, which is bundled into our game program. @default the reference game */
  plugin: z
    .string()
    .min(1)
    .refine((path) => existsSync(path), 'is no file here; give the path from the project')
    .optional(),
  /** TCP port that players connect to. @default 8080 */
  port: Port.default(8080),
  /** How balancers ask the nodes: over socket.io, or over HTTP, at the nodes' port or another one. @default 'socket.io' */
  probe: z
    .string()
    .regex(/^(socket\.io|http(:\d{1,5})?)$/, 'must be socket.io, http, or http:PORT')
    .refine((probe) => Number(probe.split(':')[1] ?? 1) <= 65_535, 'must have a port up to 65535')
    .default('socket.io'),
  /** Whether the nodes may reach Redis, and read its password. @default true for the lobby, else false */
  registry: z.boolean('must be true or false').optional(),
  /** Minimum, maximum, capacity, thresholds, windows, cooldowns: see `runtime/core/config/scaling.ts`. */
  scaling: ScalingConfig.prefault({}),
  /** @default none: all on demand */
  spot: Spot.optional(),
  /** @default none */
  warmPool: WarmPool.optional(),
  /** Further variables for the program; `node dist/game.js --help` names them. @default {} */
  settings: settings(NODE_VARIABLES),
});
export type Cluster = z.infer<typeof Cluster>;
