import type Redis from 'ioredis';
import { io, type Socket } from 'socket.io-client';
import type {
  AllConnectedEvent,
  ErrorEvent,
  MatchTimeoutEvent,
  SessionEvent,
} from '../../../runtime/core/protocol/events';
import { createLobbyServer, type LobbyOptions, type LobbyServer } from '../../../runtime/lobby';
import { RedisMatchQueue } from '../../../runtime/registry/match-queue';
import { type AgentChannel, TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { testRedis, testStack } from '../../support/redis';

export const MODES = new Map([
  ['battle', 4],
  ['duel', 2],
]);

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface LobbyNode {
  readonly url: string;
  readonly nodeId: string;
  readonly startId: string;
  readonly server: LobbyServer;
}

/** Lobby nodes of one stack in this process, over the run's Redis, and their players; `close` ends them all. */
export class LobbyWorld {
  readonly balancer = new TestBalancer();
  readonly stack = testStack();
  readonly errors: unknown[] = [];
  readonly #closers: (() => unknown)[] = [];
  #count = 0;

  async node(over: Partial<LobbyOptions> & { graceMs?: number } = {}): Promise<LobbyNode> {
    this.#count += 1;
    const nodeId = `lobby-${this.#count}`;
    const { graceMs = 15_000, ...rest } = over;
    const { publicKey } = this.balancer;
    const server = await createLobbyServer({
      stack: this.stack,
      agent: { nodeId, cluster: 'lobby', version: 'test', capacity: 1_000, publicKeys: [publicKey], graceMs },
      redisUrl: process.env.TEST_REDIS_URL ?? '',
      modes: MODES,
      log: { ...quiet, error: (...args: unknown[]) => this.errors.push(args) },
      ...rest,
    });
    this.#closers.push(() => server.stop());
    const url = `http://127.0.0.1:${server.port}`;
    const channel = await this.openChannel(url, nodeId);
    return { url, nodeId, startId: channel.hello.startId, server };
  }

  async openChannel(url: string, nodeId: string): Promise<AgentChannel> {
    const channel = await this.balancer.connect(url, nodeId);
    this.onClose(() => channel.close());
    return channel;
  }

  /** A player with a fresh ticket, or a resumed one. */
  async join(node: Omit<LobbyNode, 'server'>, playerId: string, resume?: string): Promise<TestPlayer> {
    const query = resume === undefined ? { ticket: this.balancer.ticket(node, playerId) } : { resume };
    const socket = io(node.url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
    this.onClose(() => socket.disconnect());
    const player = new TestPlayer(playerId, socket);
    await eventually(`${playerId} has a session`, () => player.resumeToken);
    return player;
  }

  async joinAll(nodes: readonly Omit<LobbyNode, 'server'>[], ...playerIds: string[]): Promise<TestPlayer[]> {
    const players: TestPlayer[] = [];
    for (const [index, playerId] of playerIds.entries()) {
      const node = nodes[index % nodes.length];
      if (node !== undefined) players.push(await this.join(node, playerId));
    }
    return players;
  }

  /** The stack's queue, past the lobby nodes. */
  registry(): { redis: Redis; queue: RedisMatchQueue } {
    const redis = testRedis();
    this.onClose(() => redis.disconnect());
    return { redis, queue: new RedisMatchQueue({ redis, stack: this.stack }) };
  }

  onClose(closer: () => unknown): void {
    this.#closers.push(closer);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#closers
        .splice(0)
        .reverse()
        .map((closer) => closer()),
    );
  }
}

/** A player's connection and everything that the lobby said on it. */
export class TestPlayer {
  readonly playerId: string;
  readonly socket: Socket;
  resumeToken = '';
  readonly matches: AllConnectedEvent[] = [];
  readonly timeouts: MatchTimeoutEvent[] = [];
  readonly errors: ErrorEvent[] = [];
  /** Whether ALL_CONNECTED is acknowledged. */
  acknowledges = true;

  constructor(playerId: string, socket: Socket) {
    this.playerId = playerId;
    this.socket = socket;
    socket.on('SESSION', (event: SessionEvent) => {
      this.resumeToken = event.resume_token;
    });
    socket.on('ALL_CONNECTED', (event: AllConnectedEvent, ack: () => void) => {
      this.matches.push(event);
      if (this.acknowledges) ack();
    });
    socket.on('MATCH_TIMEOUT', (event: MatchTimeoutEvent) => this.timeouts.push(event));
    socket.on('ERROR', (event: ErrorEvent) => this.errors.push(event));
  }

  enter(mode = 'duel', pool?: string): Promise<{ status: string }> {
    return this.socket.timeout(8_000).emitWithAck('ENTER', pool === undefined ? { mode } : { mode, pool });
  }

  leave(): Promise<{ status: string }> {
    return this.socket.timeout(8_000).emitWithAck('LEAVE', {});
  }

  matched(count = 1): Promise<AllConnectedEvent> {
    return eventually(
      `${this.playerId} is matched`,
      () => this.matches.length >= count && this.matches[count - 1],
      8_000,
    );
  }

  /** The connection breaks without a word, as in a tunnel. */
  loseConnection(): void {
    this.socket.io.engine.close();
  }
}
