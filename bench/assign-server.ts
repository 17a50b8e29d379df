import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { z } from 'zod';
import { createApi } from '../runtime/api/server';
import { RegistryAssigner } from '../runtime/balancer/assign/assigner';
import { Outage } from '../runtime/balancer/assign/outage';
import { EventLog } from '../runtime/balancer/events';
import { measuredAssigner } from '../runtime/balancer/metrics/measured-assigner';
import { Tally } from '../runtime/balancer/metrics/tally';
import { LiveView } from '../runtime/balancer/watch/view';
import type { NodeSnapshot } from '../runtime/core/snapshot';
import { askRegistry } from '../runtime/registry';
import { connectRegistry } from '../runtime/registry/connection';
import type { ScriptedRedis } from '../runtime/registry/scripted-redis';
import { RedisSeats } from '../runtime/registry/seats';
import type { NodeUpdate, ReserveOptions, ReserveRequest, ReserveResult } from '../runtime/registry/types';
import { parseMasterKeys } from '../runtime/tickets/keys';
import { NodeTokens } from '../runtime/tickets/node-tokens';

/**
 * The measured side of `npm run bench:assign`, one role to a process, so that each has a core, a heap and a compiler of its
 * own: the real API over the real registry; a bare node:http server; the bare script. Says `{ port }` when ready.
 */
const Setup = z.object({
  role: z.enum(['api', 'bare', 'script']),
  redisUrl: z.string(),
  stack: z.string(),
  apiKey: z.string(),
  /** What the bare server answers. */
  answer: z.record(z.string(), z.string()),
});
type Setup = z.infer<typeof Setup>;

const NODES = 25;
const ROOMY = 1_000_000;
const TICKET_TTL_MS = 15_000;
const REFRESH_MS = 1_000;

/** Script calls under way at once on the one connection. */
const IN_FLIGHT = 128;

const OPTIONS: ReserveOptions = { ticketTtlMs: TICKET_TTL_MS, exclude: [], policy: 'spread' };

/** A registry with nodes on which every player arrives within the second, as the watch loop would write it. */
class SimulatedCluster {
  readonly redis: ScriptedRedis;
  readonly #seats: RedisSeats;
  #arrivals = new Map<string, string[]>();

  constructor(redis: ScriptedRedis, stack: string) {
    this.redis = redis;
    this.#seats = new RedisSeats(redis, stack, 'lobby');
  }

  async start(): Promise<void> {
    await this.#refresh();
    setInterval(() => void this.#refresh(), REFRESH_MS);
  }

  async reserve(requests: readonly ReserveRequest[], options: ReserveOptions): Promise<ReserveResult[]> {
    const results = await this.#seats.reserve(requests, options);
    for (const result of results) {
      if (!result.ok) throw new Error(`the benchmark ran into ${result.code}`);
      const arrived = this.#arrivals.get(result.nodeId);
      if (arrived === undefined) this.#arrivals.set(result.nodeId, [...result.rids]);
      else arrived.push(...result.rids);
    }
    return results;
  }

  async #refresh(): Promise<void> {
    const arrivals = this.#arrivals;
    this.#arrivals = new Map();
    await this.#seats.refresh({
      epoch: 1,
      nodes: snapshots().map((node) => update(node, arrivals.get(node.nodeId) ?? [])),
    });
  }
}

function snapshots(): NodeSnapshot[] {
  return Array.from({ length: NODES }, (_, index) => ({
    nodeId: `i-${String(index).padStart(17, '0')}`,
    startId: `start-${index}`,
    endpoint: `http://203.0.113.${index}:9100`,
    zone: 'a',
    version: 'v1',
    health: 'green',
    phase: 'open',
    connections: 0,
    sessions: 0,
    pending: 0,
    capacity: ROOMY,
    weight: ROOMY,
    window: ROOMY,
    loopDelayMs: 1,
    rssBytes: 1,
    launchedAtMs: 0,
    silentMs: 0,
  }));
}

function update(node: NodeSnapshot, arrivals: readonly string[]): NodeUpdate {
  const { nodeId, endpoint, zone, version, sessions, connections, capacity, weight, window } = node;
  const startId = node.startId ?? '';
  const of = { nodeId, startId, endpoint, zone, version, sessions, connections, capacity, weight, window };
  return { ...of, standing: 'green', arrivals };
}

async function serveApi(setup: Setup): Promise<number> {
  const cluster = await simulated(setup);
  const view = new LiveView(['lobby']);
  view.publish({ cluster: 'lobby', atMs: 0, massFailure: false, nodes: snapshots() });
  const events = new EventLog({ balancerId: 'bench', now: Date.now });
  const notMeasured = () => Promise.reject(new Error('only POST /v1/lobby is measured'));
  const rooms = { start: notMeasured, finish: notMeasured, get: notMeasured, restore: notMeasured };
  const onRefused = (name: string, code: string) => process.stderr.write(`${name}: ${code}\n`);
  const outage = new Outage({
    ...{
      lobby: 'lobby',
      game: 'game',
      others: [],
      rooms,
      paired: false,
      ticketTtlMs: TICKET_TTL_MS,
      onRefused,
      events,
    },
    ask: () => askRegistry(cluster.redis, setup.stack),
  });
  const byRegistry = new RegistryAssigner({
    lobby: { cluster: 'lobby', seats: outage.seats(cluster) },
    game: { cluster: 'game', seats: { node: notMeasured }, rooms },
    matchQueue: { release: notMeasured, match: notMeasured },
    view,
    tokens: new NodeTokens(parseMasterKeys('5e'.repeat(32))),
    events,
    onRefused,
    ticketTtlMs: TICKET_TTL_MS,
  });
  const assigner = measuredAssigner(
    outage.assigner(byRegistry, view, { peer: null, ownership: { claims: [] } }),
    { lobby: 'lobby', game: 'game' },
    new Tally(['lobby', 'game']),
  );
  const shown = { clusters: () => [], snapshot: () => undefined, maintenance: () => null };
  const app = createApi({ assigner, clusters: shown, events, apiKeys: [setup.apiKey] });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** What no server can do without: reads a JSON body, answers a JSON of the same size. */
async function serveBare(setup: Setup): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString());
      const body = JSON.stringify(setup.answer);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** One request per script call, pipelined on one connection; on `{ seconds }` says `{ perSecond }`. */
async function offerScript(setup: Setup): Promise<number> {
  const cluster = await simulated(setup);
  let id = 0;
  const measure = async (seconds: number): Promise<number> => {
    const began = performance.now();
    let calls = 0;
    const one = async (): Promise<void> => {
      while (performance.now() - began < seconds * 1000) {
        await cluster.reserve([{ rids: [`seat-${setup.role}-${id++}`] }], OPTIONS);
        calls++;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, one));
    return calls / ((performance.now() - began) / 1000);
  };
  process.on('message', async (message) => {
    const { seconds } = z.object({ seconds: z.number() }).parse(message);
    process.send?.({ perSecond: await measure(seconds) });
  });
  return 0;
}

async function simulated(setup: Setup): Promise<SimulatedCluster> {
  const connected = connectRegistry(setup.redisUrl);
  await new Promise((resolve) => connected.redis.once('ready', resolve));
  const cluster = new SimulatedCluster(connected.redis, setup.stack);
  await cluster.start();
  return cluster;
}

const setup = Setup.parse(JSON.parse(process.argv[2] ?? '{}'));
const roles = { api: serveApi, bare: serveBare, script: offerScript };
process.on('disconnect', () => process.exit(0));
void roles[setup.role](setup).then((port) => process.send?.({ port }));
