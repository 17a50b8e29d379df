import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { z } from 'zod';
import { type Agent, type AgentOptions, attachAgent } from '../agent';
import { Id } from '../core/protocol/limits';
import type { Rate } from '../core/token-bucket';
import { connectRegistry, RedisMatchQueue } from '../registry';
import { lobbyAdapter } from './adapter';
import { servePlayer } from './connection';
import { MatchTokens } from './match-tokens';
import { Matchmaker } from './matchmaker';
import type { Modes } from './modes';

export interface LobbyOptions {
  readonly stack: string;
  /** Who this node is; see `attachAgent`. */
  readonly agent: AgentOptions;
  /** `redis://`, `rediss://` or a Unix socket's path. */
  readonly redisUrl: string;
  readonly modes: Modes;
  /** How long a player waits before MATCH_TIMEOUT, in milliseconds. @default 60_000 */
  readonly matchTimeoutMs?: number;
  /** Messages taken from one client. @default 10 a second, 20 at once */
  readonly rate?: Rate;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface LobbyServer {
  readonly agent: Agent;
  /** Resolves with the port once connections are accepted; port 0 takes any free one. */
  listen(port: number, host: string): Promise<number>;
  /** Closes every connection; players who wait keep their place for when they come back, on whichever node. */
  stop(): Promise<void>;
}

/** Joins of a whole burst wait in the accept queue instead of being refused. */
const BACKLOG = 4_096;
/** Most bytes of one message from a client. */
const MAX_MESSAGE_BYTES = 16_384;
/** Most players that one nudge from another node may name. */
const MAX_NUDGE = 10_000;
const Nudge = z.array(Id).max(MAX_NUDGE);

/** A lobby node: matches its players with those of all other lobby nodes of the stack. Runs, and keeps its players, also without Redis. */
export function createLobbyServer(options: LobbyOptions): LobbyServer {
  const { stack, redisUrl, modes, log } = options;
  const { cluster } = options.agent;
  const http = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('This is a lobby node: connect with socket.io\n');
  });
  const adapter = lobbyAdapter(redisUrl, stack, cluster);
  const io = new Server(http, {
    transports: ['websocket'],
    perMessageDeflate: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    // A node that hangs is noticed by its players within ten seconds.
    pingInterval: 5_000,
    pingTimeout: 5_000,
    serveClient: false,
    adapter: adapter.factory,
  });
  const agent = attachAgent(io, { log, ...options.agent });
  const registry = connectRegistry(redisUrl, {
    onState: (problem) =>
      problem === null
        ? log.info('the registry answers')
        : log.warn({ problem }, 'the registry cannot be reached; players stay connected, and wait'),
  });
  const matchmaker = new Matchmaker({
    queue: new RedisMatchQueue({ redis: registry.redis, stack, cluster }),
    modes,
    startId: agent.startId,
    nudgeOthers: (playerIds) => {
      if (adapter.isUp()) io.serverSideEmit('nudge', playerIds.slice(0, MAX_NUDGE));
    },
    log,
    ...(options.matchTimeoutMs !== undefined && { matchTimeoutMs: options.matchTimeoutMs }),
  });
  const parts = {
    matchmaker,
    tokens: new MatchTokens(agent),
    modes,
    rate: options.rate ?? { perSecond: 10, burst: 20 },
  };
  agent.onSessionEnd((playerId) => matchmaker.remove(playerId));
  io.on('connection', (socket) => servePlayer(socket, agent.session(socket), parts));
  io.on('nudge', (playerIds: unknown) => {
    const parsed = Nudge.safeParse(playerIds);
    if (parsed.success) matchmaker.nudge(parsed.data);
  });

  return {
    agent,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        http.once('error', reject);
        http.listen({ port, host, backlog: BACKLOG }, () => resolve((http.address() as AddressInfo).port));
      }),
    stop: async () => {
      agent.stop();
      const left = matchmaker.stop();
      await io.close();
      await left;
      registry.close();
      adapter.close();
    },
  };
}
