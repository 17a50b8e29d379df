import { Server } from 'socket.io';
import { z } from 'zod';
import { CLIENTS, wiresOf } from '../runtime/bees/clients';
import { FleetClient, type OpenWire } from '../runtime/client';

/** One process of `npm run bench:bee`: the server, or one client of the two in one of two settings. */
const Setup = z.discriminatedUnion('role', [
  z.object({ role: z.literal('server') }),
  z.object({
    role: z.literal('clients'),
    client: z.enum(CLIENTS),
    /** `wire`: the bare connection; `bee`: all that a player's way through the fleet needs, the API's answers given at once. */
    what: z.enum(['wire', 'bee']),
    endpoint: z.string(),
    connections: z.number(),
  }),
]);
type Clients = Extract<z.infer<typeof Setup>, { role: 'clients' }>;

/** Handshakes under way at once. */
const AT_ONCE = 50;

/** The compiler and the allocator settle over these; in connections. */
const WARM_UP = 300;

/** After the connections, before memory is read, in milliseconds. */
const SETTLE_MS = 500;

async function serve(): Promise<void> {
  const io = new Server({ transports: ['websocket'], serveClient: false, perMessageDeflate: false });
  io.on('connection', (socket) => void socket.emit('SESSION', { resume_token: 'x'.repeat(43), grace_ms: 15_000 }));
  const http = await import('node:http');
  const server = http.createServer();
  io.attach(server);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
  });
}

/** What keeps a connection; dropping all of them must leave nothing behind. */
type Open = (endpoint: string) => Promise<unknown>;

function bareWire(openWire: OpenWire): Open {
  return (endpoint) =>
    new Promise((resolve, reject) => {
      const wire = openWire(
        endpoint,
        { ticket: 'x'.repeat(300) },
        {
          onOpen: () => resolve(wire),
          onFail: ({ message }) => reject(new Error(message)),
          onClose: (reason) => reject(new Error(reason)),
          onEvent: () => undefined,
        },
      );
    });
}

function wholeBee(openWire: OpenWire): Open {
  const refuse = (): Promise<never> => Promise.reject(new Error('not measured here'));
  return async (endpoint) => {
    const answer = { endpoint, ticket: 'x'.repeat(300), expiresAt: new Date().toISOString(), nodeId: 'bench' };
    const api = { askLobby: async () => answer, askStart: refuse, askFinish: refuse };
    const client = new FleetClient({ playerId: 'bench', api, openWire });
    await client.joinLobby();
    return client;
  };
}

async function measure({ client, what, endpoint, connections }: Clients): Promise<void> {
  const open = (what === 'wire' ? bareWire : wholeBee)(wiresOf(client));
  const kept: unknown[] = [];
  const openMany = async (count: number): Promise<void> => {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) kept.push(await open(endpoint));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  await openMany(WARM_UP);
  const memoryBefore = await memory();
  const cpuBefore = process.cpuUsage();
  await openMany(connections);
  const { user, system } = process.cpuUsage(cpuBefore);
  const bytes = (await memory()) - memoryBefore;
  process.send?.({ cpuMs: (user + system) / 1_000 / connections, bytes: bytes / connections, kept: kept.length });
}

/** Bytes of the heap and beside it that are in use. */
async function memory(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const setup = Setup.parse(JSON.parse(process.argv[2] ?? ''));
process.on('disconnect', () => process.exit());
void (setup.role === 'server' ? serve() : measure(setup));
