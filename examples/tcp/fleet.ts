import { pino } from 'pino';
import { z } from 'zod';
import { startBalancer } from '../../runtime/balancer/balancer';
import { BalancerEnv } from '../../runtime/balancer/env';
import { createControl } from '../../runtime/local/control';
import { Group } from '../../runtime/local/group';
import type { Guard } from '../../runtime/local/guard';
import { newSecrets } from '../../runtime/local/secrets';
import type { Program } from './program';

export interface TcpFleetOptions {
  readonly stack: string;
  readonly redisUrl: string;
  readonly program: Program;
  /** Nodes at first. */
  readonly size: number;
  /** Players that one node takes. */
  readonly capacity: number;
  /** How it scales: `runtime/core/config/scaling.ts`. */
  readonly scaling: object;
  readonly apiKey: string;
  /** Port of the API on 127.0.0.1. @default 0, any free one */
  readonly port?: number;
  /** Period of the polls, in milliseconds. @default 1_000 */
  readonly pollMs?: number;
  /** Lifetime of a ticket, in milliseconds; a node drains longer than that. @default 5_000 */
  readonly ticketTtlMs?: number;
  /** Environment of the nodes, besides what every node needs. @default none */
  readonly env?: Readonly<Record<string, string>>;
  readonly guard: Guard;
  /** What nodes print, and what happens to them. */
  readonly say: (line: string) => void;
}

export interface TcpFleet {
  /** Address of the API. */
  readonly api: string;
  /** The nodes' processes. */
  readonly group: Group;
  nodes(): Promise<Nodes>;
  /** What happened after the event with this id, oldest first. */
  events(after: number): Promise<Events>;
  stop(): Promise<void>;
}

const Clusters = z.object({
  clusters: z.array(
    z.object({
      nodes: z.array(
        z.object({
          nodeId: z.string(),
          health: z.string(),
          phase: z.string(),
          sessions: z.number(),
          metrics: z.record(z.string(), z.number()),
        }),
      ),
    }),
  ),
});
export type Nodes = z.infer<typeof Clusters>['clusters'][number]['nodes'];

const Events = z.object({
  events: z.array(z.object({ id: z.number(), kind: z.string(), nodeId: z.string().optional(), reason: z.string() })),
});
export type Events = z.infer<typeof Events>['events'];

const CLUSTER = 'tcp';

/** How long a node may take to stop, in milliseconds. */
const STOP_LIMIT_MS = 2_000;

/** A fleet of TCP servers, as processes of this machine, and the balancer as it is: `CLUSTERS` and `PROBES` are all that it is told. */
export async function startTcpFleet(options: TcpFleetOptions): Promise<TcpFleet> {
  const secrets = newSecrets();
  const ending = new AbortController();
  const group = new Group({
    cluster: CLUSTER,
    ...options.program,
    size: options.size,
    guard: options.guard,
    signal: ending.signal,
    say: options.say,
    onLine: (nodeId, line) => options.say(`${nodeId}  ${line}`),
    env: () => ({
      ...options.env,
      STACK: options.stack,
      CLUSTER,
      HOST: '127.0.0.1',
      CAPACITY: String(options.capacity),
      AGENT_PUBLIC_KEYS: secrets.agentPublicKeys,
      LOG_LEVEL: 'warn',
    }),
  });
  const control = createControl(new Map([[CLUSTER, group]]), secrets.fleetToken);
  const stops: (() => Promise<unknown>)[] = [() => control.close(), () => group.stop(STOP_LIMIT_MS)];
  const stop = async () => {
    ending.abort();
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
  };
  try {
    const controlUrl = new URL(await control.listen({ host: '127.0.0.1', port: 0 }));
    controlUrl.password = secrets.fleetToken;
    await group.start();
    const env = BalancerEnv.parse({
      STACK: options.stack,
      BALANCER_ID: 'tcp-balancer',
      CLUSTERS: CLUSTER,
      PROBES: `${CLUSTER}=http`,
      SCALING: JSON.stringify({ [CLUSTER]: options.scaling }),
      HOST: '127.0.0.1',
      PORT: options.port ?? 0,
      POLL_MS: options.pollMs,
      TICKET_TTL_MS: options.ticketTtlMs ?? 5_000,
      REDIS_URL: options.redisUrl,
      MASTER_KEYS: secrets.masterKeys,
      AGENT_PRIVATE_KEY: secrets.agentPrivateKey,
      API_KEYS: options.apiKey,
      FLEET: `local:${controlUrl.href}`,
    });
    const balancer = await startBalancer(env, pino({ level: 'silent' }));
    stops.push(() => balancer.stop());
    return { ...reader(`http://127.0.0.1:${balancer.port}`, options.apiKey), group, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the API tells operators. */
function reader(api: string, apiKey: string): Pick<TcpFleet, 'api' | 'nodes' | 'events'> {
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const response = await fetch(`${api}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    return schema.parse(await response.json());
  };
  return {
    api,
    nodes: async () => (await get('/v1/clusters', Clusters)).clusters[0]?.nodes ?? [],
    events: async (after) => (await get(`/v1/events?limit=1000&after=${after}`, Events)).events,
  };
}
