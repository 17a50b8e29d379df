import type { RequestListener } from 'node:http';
import { Server } from 'socket.io';
import { type Agent, type AgentOptions, attachAgent } from '../agent';
import { close, listen, nodeServer, type TlsFiles } from '../node-server';
import { Clients } from './clients';
import { servePlayer } from './player';
import type { GamePlugin } from './plugin';
import { positions } from './plugins/positions';
import { Rooms } from './rooms';
import { Ticker } from './ticker';

/** Clients send small messages; a larger one closes the connection. In bytes. */
const MAX_MESSAGE_BYTES = 16_384;

export interface GameServerOptions {
  /** Who this node is. Rooms and `canMove` are the game's own business: a player in a room is never asked to move. */
  readonly agent: Omit<AgentOptions, 'rooms' | 'canMove'>;
  /** The game. @default the reference game: positions */
  readonly plugin?: GamePlugin;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0: any free port. @default 0 */
  readonly port?: number;
  /** @default no TLS */
  readonly tls?: TlsFiles | undefined;
  /** Time between two STATEs of a room, in milliseconds. @default 100 */
  readonly tickMs?: number;
  /** A room that is not complete this long after its first member joined is closed, in milliseconds. @default 20_000 */
  readonly roomCompleteMs?: number;
  /** A player who is in no room for this long is disconnected, in milliseconds. @default 10_000 */
  readonly connectWithinMs?: number;
  /** Messages of one client; the surplus is dropped. @default 30 */
  readonly maxMessagesPerSecond?: number;
  /** How often clients are pinged, and how long their answer may take, in milliseconds. @default 5_000 */
  readonly pingMs?: number;
}

export interface GameServer {
  readonly agent: Agent;
  readonly port: number;
  /** Closes every connection and ends; resolves when nothing is left. */
  stop(): Promise<void>;
}

/** Starts a game node: rooms of players, as their tickets say; no Redis. Rejects when the port cannot be had. */
export async function createGameServer(options: GameServerOptions): Promise<GameServer> {
  const pingMs = options.pingMs ?? 5_000;
  const answer: RequestListener = (_, response) => response.writeHead(404).end();
  const { http: httpServer, unfollow } = await nodeServer(answer, options.tls, options.agent.log);
  const io = new Server(httpServer, {
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: pingMs,
    pingTimeout: pingMs,
    connectTimeout: 10_000,
  });
  const now = (): number => performance.now();
  const clients = new Clients(io, now);
  const rooms = new Rooms({
    plugin: options.plugin ?? positions,
    outlet: clients,
    log: options.agent.log,
    completeMs: options.roomCompleteMs ?? 20_000,
    now,
    onReport: (report) => agent.roomChanged(report),
  });
  const agent = attachAgent(io, {
    ...options.agent,
    rooms,
    canMove: (playerId) => rooms.of(playerId) === undefined,
  });
  agent.onSessionEnd((playerId) => rooms.leave(playerId));
  io.on('connection', (socket) => {
    const { playerId, room } = agent.session(socket);
    clients.connected(playerId, socket);
    const maxMessagesPerSecond = options.maxMessagesPerSecond ?? 30;
    servePlayer(socket, { playerId, ticketRoom: room, rooms, clients, maxMessagesPerSecond, now });
  });

  const port = await listen(httpServer, options.host ?? '127.0.0.1', options.port ?? 0).catch((error: unknown) => {
    unfollow();
    agent.stop();
    throw error;
  });
  const connectWithinMs = options.connectWithinMs ?? 10_000;
  const ticker = new Ticker(options.tickMs ?? 100, now, (part) => {
    rooms.tick(part);
    if (part === 0) clients.expelIdle(connectWithinMs);
  });

  return {
    agent,
    port,
    stop: async () => {
      ticker.stop();
      unfollow();
      agent.stop();
      await close(io, httpServer);
    },
  };
}
