import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bundles } from '../bundle';
import { askClusters, type ClusterState, describeClusters, greenNodes } from './clusters';
import { createControl } from './control';
import { startFront } from './front';
import { Group, type GroupEvent, type GroupOptions } from './group';
import type { Guard } from './guard';
import { BALANCER_SETTINGS, PROGRAM_SETTINGS } from './options';
import { checkRedis, removeKeys } from './outside-redis';
import { type Page, pageOf } from './page';
import { freePort } from './port';
import { type PrivateRedis, startPrivateRedis } from './redis';
import { announce } from './running';
import { groupLimit, localScaling } from './scaling';
import { newSecrets } from './secrets';
import { isNotable, readable, type Terminal } from './terminal';

export interface ClusterOptions {
  /** Nodes at first. */
  readonly sizes: Readonly<Record<NodeCluster, number>>;
  /** Port of the API; 0 for any. */
  readonly port: number;
  /** Players that one node takes. */
  readonly capacity: Readonly<Record<NodeCluster, number>>;
  /** The most nodes that the autoscaler may start. */
  readonly maximum: Readonly<Record<NodeCluster, number>>;
  /** Settings of the balancer that the user's environment may override. */
  readonly settings: Readonly<Record<string, string>>;
  readonly apiKey: string;
  readonly verbose: boolean;
  /** What the processes run. */
  readonly bundle: () => Promise<Bundles>;
  readonly guard: Guard;
  readonly terminal: Pick<Terminal, 'say'>;
  /**
   * The address at which one part reaches another, which listens at `address`: there, or at a proxy between the two. Parts are
   * `balancer-a`, `balancer-b`, `lobby`, `redis`, `fleet`, and a node by its id; `everybody` reaches a node. @default there
   */
  readonly route?: (from: string, to: string, address: string) => Promise<string>;
  /** Hears what happens to each process. @default nobody */
  readonly onProcess?: (event: GroupEvent) => void;
  /** Hears every line that a program writes, shown or not. @default nobody */
  readonly onLine?: (nodeId: string, line: string) => void;
  /** Gives up the start; from then on nothing is started, nor replaced. */
  readonly signal: AbortSignal;
}

export interface LocalCluster {
  /** Address of the API. */
  readonly api: string;
  readonly apiKey: string;
  /** The live page of each balancer; they show the same. */
  readonly pages: readonly Page[];
  /** The nodes, by cluster. */
  readonly groups: ReadonlyMap<string, Group>;
  /** A group of one each, by the cluster that is its home. */
  readonly balancers: ReadonlyMap<string, Group>;
  readonly redis: PrivateRedis;
  readonly bundles: Bundles;
  /** The environment that every program gets, besides what is its own. */
  readonly env: Readonly<Record<string, string>>;
  /** How the clusters are, by the API; null when it does not answer. */
  ask(): Promise<readonly ClusterState[] | null>;
  /** Ends every process; resolves when nothing is left, within about 3 s. */
  stop(): Promise<void>;
}

type NodeCluster = (typeof CLUSTERS)[number];
const CLUSTERS = ['lobby', 'game'] as const;

const STACK = 'local-realtime';

/** How long it may take until every node is green, in milliseconds. */
const GREEN_LIMIT_MS = 60_000;

/** How long processes may take to stop before they are killed, in milliseconds. */
const STOP_LIMIT_MS = 2_000;

/** What programs inherit of our own environment: where they are, and those of their settings that a user may change here. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', ...PROGRAM_SETTINGS];

/**
 * Brings up the whole system as processes of this machine: Redis, two balancers, lobby and game nodes; says each step. Resolves
 * when the API answers and every node is green; when something fails, or the signal comes, it ends what was started and rejects.
 */
export async function startCluster(options: ClusterOptions): Promise<LocalCluster> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
  };
  try {
    return await bringUp(options, undo, stop);
  } catch (error) {
    await stop();
    throw options.signal.aborted ? options.signal.reason : error;
  }
}

async function bringUp(
  options: ClusterOptions,
  undo: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<LocalCluster> {
  const { guard, signal, terminal, route = async (_from, _to, address) => address } = options;
  const port = await freePort(options.port);
  const bundles = await options.bundle();
  terminal.say(`Programs: ${bundles.built ? 'bundled into dist/' : 'dist/ is up to date'}`);
  signal.throwIfAborted();

  const { redis, stack, stop: stopRedis } = await startRedis(options);
  undo.push(stopRedis);
  signal.throwIfAborted();

  const secrets = newSecrets();
  const env = programEnv(options.verbose);
  let stopping = false;
  type Own = Pick<GroupOptions, 'env'> & Partial<Pick<GroupOptions, 'maxSize' | 'address'>>;
  const group = (cluster: string, program: 'balancer' | NodeCluster, size: number, own: Own) =>
    new Group({
      ...own,
      cluster,
      file: bundles.bundles[program].file,
      version: bundles.bundles[program].version,
      size,
      guard,
      signal,
      env: (nodeId) => ({ ...env, STACK: stack, HOST: '127.0.0.1', ...own.env(nodeId) }),
      say: (line) => terminal.say(line),
      onEvent: (event) => options.onProcess?.(event),
      onLine: (nodeId, line) => {
        options.onLine?.(nodeId, line);
        // Those who are being stopped complain about each other.
        if (options.verbose || (!stopping && isNotable(line))) terminal.say(`${nodeId}  ${readable(line)}`);
      },
    });

  const lobbyRedis = await route('lobby', 'redis', redis.url);
  const nodeEnv = (cluster: NodeCluster) => ({
    CLUSTER: cluster,
    PORT: '0',
    METRICS_PORT: '0',
    CAPACITY: String(options.capacity[cluster]),
    AGENT_PUBLIC_KEYS: secrets.agentPublicKeys,
    ...(cluster === 'lobby' ? { REDIS_URL: lobbyRedis } : {}),
  });
  const groups = new Map(
    CLUSTERS.map((cluster) => {
      const own = {
        env: () => nodeEnv(cluster),
        maxSize: groupLimit(options.maximum[cluster]),
        address: (nodeId: string, url: string) => route('everybody', nodeId, url),
      };
      return [cluster, group(cluster, cluster, options.sizes[cluster], own)];
    }),
  );
  const control = createControl(groups, secrets.fleetToken);
  undo.push(() => control.close());
  const controlUrl = new URL(await control.listen({ host: '127.0.0.1', port: 0 }));
  controlUrl.password = secrets.fleetToken;
  // Known beforehand and the same after a restart, as each is told where the other is.
  const privatePorts = { lobby: await freePort(0), game: await freePort(0) };
  const operators = Object.values(privatePorts).map((each) => `http://127.0.0.1:${each}`);
  undo.push(await announce(port, { control: controlUrl.href, operators, apiKey: options.apiKey }, guard));
  const balancer = async (name: string, home: NodeCluster, peer: string, other: NodeCluster) => {
    const paths = {
      PEER_URL: await route(name, peer, `http://127.0.0.1:${privatePorts[other]}`),
      REDIS_URL: await route(name, 'redis', redis.url),
      FLEET: `local:${await route(name, 'fleet', controlUrl.href)}`,
    };
    return group(name, 'balancer', 1, { env: (nodeId) => ({ ...balancerEnv(home, nodeId), ...paths }) });
  };
  const balancerEnv = (home: NodeCluster, nodeId: string) => ({
    ...options.settings,
    ...env,
    PAGE_URL: `http://127.0.0.1:${privatePorts[home]}/`,
    ...ours(BALANCER_SETTINGS),
    // Decisions to scale are shown: they are information.
    LOG_LEVEL: 'info',
    BALANCER_ID: nodeId,
    CLUSTERS: CLUSTERS.join(','),
    HOME_CLUSTERS: home,
    PORT: '0',
    PRIVATE_PORT: String(privatePorts[home]),
    MASTER_KEYS: secrets.masterKeys,
    AGENT_PRIVATE_KEY: secrets.agentPrivateKey,
    API_KEYS: options.apiKey,
    SCALING: process.env.SCALING || JSON.stringify(scaling(options)),
    ...(process.env.SCALING_RECORD && { SCALING_RECORD: process.env.SCALING_RECORD }),
  });
  const balancers = new Map([
    ['lobby', await balancer('balancer-a', 'lobby', 'balancer-b', 'game')],
    ['game', await balancer('balancer-b', 'game', 'balancer-a', 'lobby')],
  ]);
  const pages = [
    pageOf('balancer-a', privatePorts.lobby, stack, secrets),
    pageOf('balancer-b', privatePorts.game, stack, secrets),
  ];
  const front = await startFront({ port, targets: () => endpoints(balancers.values()) });
  undo.push(() => front.close());
  const all = [...balancers.values(), ...groups.values()];
  undo.push(() => {
    stopping = true;
    return Promise.all(all.map((each) => each.stop(STOP_LIMIT_MS)));
  });
  terminal.say(
    `Processes: 2 balancers, ${CLUSTERS.map((cluster) => `${options.sizes[cluster]} ${cluster}`).join(', ')} nodes`,
  );
  await until(signal, Promise.all(all.map((each) => each.start())));

  const api = `http://127.0.0.1:${port}`;
  const ask = () => askClusters(api, options.apiKey);
  await allGreen(ask, options.sizes, signal);
  return { api, apiKey: options.apiKey, pages, groups, balancers, redis, bundles, env, ask, stop };
}

/** Where the processes that are ready can be reached. */
function endpoints(groups: Iterable<Group>): string[] {
  const members = [...groups].flatMap((group) => group.describe());
  return members.flatMap(({ endpoint, state }) => (endpoint === null || state !== 'running' ? [] : [endpoint]));
}

function scaling({ sizes, maximum, capacity }: ClusterOptions) {
  return Object.fromEntries(
    CLUSTERS.map((cluster) => {
      const bounds = { minimum: sizes[cluster], maximum: maximum[cluster], capacity: capacity[cluster] };
      return [cluster, localScaling({ ...bounds, movable: cluster === 'lobby' })];
    }),
  );
}

/** Ours, or the one that REDIS_URL names: there under a stack name of this run, as others may use it too. */
async function startRedis({ terminal, guard, signal }: ClusterOptions) {
  const redis = await startPrivateRedis((line) => terminal.say(line), { guard, signal });
  if (redis.process !== null) {
    terminal.say('Redis: a private one, on a Unix socket');
    return { redis, stack: STACK, stop: redis.stop };
  }
  await checkRedis(redis.url);
  terminal.say('Redis: the one that REDIS_URL names');
  const stack = `${STACK}-${randomBytes(3).toString('hex')}`;
  return { redis, stack, stop: () => removeKeys(redis.url, stack) };
}

/** Those of our own environment that are set. */
function ours(names: readonly string[]): Record<string, string> {
  const set = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}

function programEnv(verbose: boolean): Record<string, string> {
  return { ...ours(INHERITED), NODE_ENV: 'production', LOG_LEVEL: verbose ? 'info' : 'warn' };
}

async function allGreen(ask: LocalCluster['ask'], sizes: ClusterOptions['sizes'], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + GREEN_LIMIT_MS;
  for (;;) {
    const states = await until(signal, ask());
    if (states !== null && CLUSTERS.every((cluster) => greenNodes(states, cluster) >= sizes[cluster])) return;
    if (Date.now() > deadline) {
      throw new Error(`Not every node is green after ${GREEN_LIMIT_MS / 1000} s: ${describeClusters(states)}`);
    }
    await sleep(50, undefined, { signal });
  }
}

/** The work's outcome, or a rejection as soon as the signal comes. */
function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    signal.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}
