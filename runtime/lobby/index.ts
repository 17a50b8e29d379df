import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { z } from 'zod';
import { type Agent, type AgentOptions, attachAgent } from '../agent';
import { Id } from '../core/protocol/limits';
import { close, listen, nodeServer, type TlsFiles } from '../node-server';
import { connectRegistry, RedisMatchQueue } from '../registry';
import { lobbyAdapter } from './adapter';
import { servePlayer } from './connection';
import { sendError } from './guard';
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
  /** Messages of one client; the surplus is dropped. @default 20 */
  readonly maxMessagesPerSecond?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0: any free port. @default 0 */
  readonly port?: number;
  /** @default no TLS */
  readonly tls?: TlsFiles | undefined;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface LobbyServer {
  readonly agent: Agent;
  readonly port: number;
  /** Closes every connection; players who wait keep their place for when they come back, on whichever node. */
  stop(): Promise<void>;
}

/** Most bytes of one message from a client. */
const MAX_MESSAGE_BYTES = 16_384;
/** Most players that one nudge from another node may name. */
const MAX_NUDGE = 10_000;
const Nudge = z.array(Id).max(MAX_NUDGE);

/**
 * Starts a lobby node: matches its players with those of all other lobby nodes of the stack. Runs, and keeps its players, also
 * while Redis is down. Rejects when the port cannot be had.
 */
export async function createLobbyServer(options: LobbyOptions): Promise<LobbyServer> {
  const { stack, redisUrl, modes, log } = options;
  const { cluster } = options.agent;
  const answer: RequestListener = (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('This is a lobby node: connect with socket.io\n');
  };
  const { http, unfollow } = await nodeServer(answer, options.tls, log);
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
    maxMessagesPerSecond: options.maxMessagesPerSecond ?? 20,
  };
  agent.onSessionEnd((playerId) => matchmaker.remove(playerId));
  // They may wait on, and be matched with each other; but hardly anybody will come.
  agent.onMaintenance(({ on, untilMs }) => {
    const expected = untilMs === null ? undefined : `expected to end at ${new Date(untilMs).toISOString()}`;
    if (on) for (const socket of io.sockets.sockets.values()) sendError(socket, 'MAINTENANCE', expected);
  });
  io.on('connection', (socket) => servePlayer(socket, agent.session(socket), parts));
  io.on('nudge', (playerIds: unknown) => {
    const parsed = Nudge.safeParse(playerIds);
    if (parsed.success) matchmaker.nudge(parsed.data);
  });

  const stop = async () => {
    unfollow();
    agent.stop();
    await Promise.all([matchmaker.stop(), close(io, http)]);
    registry.close();
    adapter.close();
  };
  try {
    return { agent, port: await listen(http, options.host ?? '127.0.0.1', options.port ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
