import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import pino from 'pino';
import { Server } from 'socket.io';
import { z } from 'zod';
import { attachAgent } from '../runtime/agent';
import { agentProbes } from '../runtime/balancer/watch/agent-probe';
import { startWatch } from '../runtime/balancer/watch/watch';
import { Durations } from '../runtime/bees/histogram';
import { connectRegistry } from '../runtime/registry/connection';
import { RedisSeats } from '../runtime/registry/seats';
import { parseMasterKeys } from '../runtime/tickets/keys';

/** One process of the watch loop's measurement: all of the nodes, or the loop. */
const Setup = z.discriminatedUnion('role', [
  z.object({ role: z.literal('nodes'), publicKey: z.string(), count: z.number() }),
  z.object({
    role: z.literal('loop'),
    privateKey: z.string(),
    endpoints: z.array(z.string()),
    redisUrl: z.string(),
    seconds: z.number(),
  }),
]);
type Loop = Extract<z.infer<typeof Setup>, { role: 'loop' }>;

const CLUSTER = 'game';

/** After the first look at all nodes: connections are open and the compiler has settled; in milliseconds. */
const SETTLE_MS = 5_000;
const GREEN_LIMIT_MS = 60_000;

async function serve(publicKey: string, count: number): Promise<void> {
  const endpoints: string[] = [];
  for (let index = 0; index < count; index++) {
    const server = createServer();
    const io = new Server(server, { transports: ['websocket'], serveClient: false, perMessageDeflate: false });
    attachAgent(io, { nodeId: `n${index}`, cluster: CLUSTER, version: '1', capacity: 500, publicKeys: [publicKey] });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address !== null) endpoints.push(`http://127.0.0.1:${address.port}`);
  }
  process.send?.({ endpoints });
}

async function loop({ privateKey, endpoints, redisUrl, seconds }: Loop): Promise<void> {
  const { redis } = connectRegistry(redisUrl);
  await once(redis, 'ready');
  const log = pino({ level: 'silent' });
  const instances = endpoints.map((endpoint, index) => ({
    ...{
      nodeId: `n${index}`,
      cluster: CLUSTER,
      endpoint,
      zone: 'a',
      launchedAtMs: Date.now(),
      state: 'running' as const,
    },
  }));
  const keys = { agentKeys: [privateKey], masterKeys: parseMasterKeys('0'.repeat(64)) };
  const ticks = new Durations();
  const watch = startWatch({
    clusters: new Map([[CLUSTER, { seats: new RedisSeats(redis, `bench-${randomUUID()}`, CLUSTER) }]]),
    fleet: { describe: async () => instances, reportUnhealthy: async () => undefined },
    probe: agentProbes({ balancerId: 'bench', keys: () => keys, log }),
    ownership: { epoch: () => 1 },
    events: { emit: () => undefined },
    log,
    onTick: (_, tookMs) => ticks.record(tookMs),
  });
  const greens = (): number =>
    instances.filter(({ nodeId }) => watch.view.node(CLUSTER, nodeId)?.health === 'green').length;
  const sinceMs = Date.now();
  while (greens() < instances.length && Date.now() - sinceMs < GREEN_LIMIT_MS) await pause(100);
  await pause(SETTLE_MS);
  ticks.reset();
  const before = process.cpuUsage();
  const startedAtMs = performance.now();
  await pause(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1_000 / (performance.now() - startedAtMs);
  process.send?.({ cpu, green: greens(), tickP50Ms: ticks.percentile(50), tickP99Ms: ticks.percentile(99) });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const setup = Setup.parse(JSON.parse(process.argv[2] ?? ''));
process.on('disconnect', () => process.exit());
void (setup.role === 'nodes' ? serve(setup.publicKey, setup.count) : loop(setup));
