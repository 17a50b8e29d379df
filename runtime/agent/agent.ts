import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import type { ErrorCode } from '../core/errors';
import {
  AGENT_PROTOCOL,
  type HelloReply,
  type KeysRequest,
  type NodeKey,
  type Order,
  type OrderReply,
  type Phase,
  type RoomReport,
  type StatsReply,
} from '../core/protocol/agent';
import { Admission } from './admission';
import { type Answers, serveChannel } from './channel';
import { guardHandshakes } from './handshake';
import { Lifecycle } from './lifecycle';
import { LoopDelay } from './loop-delay';
import { Mover } from './mover';
import { Players } from './players';
import { Reports } from './reports';
import type { Agent, AgentOptions, PlayerSession, SessionEndReason } from './types';

/** How often grace times and used tickets are looked at, in milliseconds. */
const HOUSEKEEPING_MS = 250;

/** Joins the agent's parts; see `attachAgent` and `Agent`. */
export class NodeAgent implements Agent, Answers {
  readonly nodeId: string;
  readonly startId = randomBytes(12).toString('base64url');
  readonly #options: AgentOptions;
  readonly #admission: Admission;
  readonly #players: Players;
  readonly #lifecycle = new Lifecycle();
  readonly #loopDelay = new LoopDelay();
  readonly #reports: Reports;
  readonly #mover: Mover;
  readonly #endListeners = new Set<(playerId: string, reason: SessionEndReason) => void>();
  readonly #phaseListeners = new Set<(phase: Phase) => void>();
  readonly #housekeeping: NodeJS.Timeout;
  #stopped = false;

  constructor(io: Server, options: AgentOptions) {
    this.nodeId = options.nodeId;
    this.#options = options;
    this.#admission = new Admission(options.nodeId, this.startId, options.publicKeys);
    this.#reports = new Reports(options.rooms);
    this.#mover = new Mover(options.canMove ?? (() => true));
    guardHandshakes(io.engine, (request, query) => this.#admit(request, query));
    this.#players = new Players(io, options.graceMs ?? 15_000, (playerId, reason) => {
      for (const listener of this.#endListeners) listener(playerId, reason);
    });
    serveChannel(io, this, options.log);
    this.#housekeeping = setInterval(() => {
      this.#players.expire();
      this.#admission.sweep(Date.now());
    }, HOUSEKEEPING_MS).unref();
  }

  get phase(): Phase {
    return this.#lifecycle.phase;
  }

  get sessions(): number {
    return this.#players.count;
  }

  get connections(): number {
    return this.#players.connected;
  }

  session(socket: Socket): PlayerSession {
    return this.#players.player(socket);
  }

  matchSigner(): NodeKey | null {
    return this.#admission.matchKey;
  }

  roomChanged(report: RoomReport): void {
    this.#reports.room(report);
  }

  onSessionEnd(listener: (playerId: string, reason: SessionEndReason) => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  onPhase(listener: (phase: Phase) => void): () => void {
    this.#phaseListeners.add(listener);
    return () => this.#phaseListeners.delete(listener);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#housekeeping);
    this.#mover.stop();
    this.#loopDelay.stop();
  }

  hello(): HelloReply {
    const { nodeId, startId } = this;
    const { cluster, version, capacity } = this.#options;
    return { v: AGENT_PROTOCOL, nodeId, startId, cluster, version, capacity };
  }

  setKeys(keys: KeysRequest): void {
    this.#admission.setKeys(keys);
  }

  stats(cursor: number, epoch = 0): StatsReply {
    this.#lifecycle.seen(epoch);
    return {
      ...this.hello(),
      phase: this.phase,
      epoch: this.#lifecycle.epoch,
      connections: this.connections,
      sessions: this.sessions,
      loopDelayMs: this.#loopDelay.readMs(),
      rssBytes: process.memoryUsage.rss(),
      ...this.#reports.since(cursor, () => this.#players.reservations()),
    };
  }

  order(order: Order): OrderReply {
    const before = this.phase;
    const reply = this.#lifecycle.take(order, this.sessions);
    if (!reply.ok) return reply;
    if (order.kind === 'undrain') this.#mover.stop();
    if (order.kind === 'move') this.#mover.start(this.#players.movables(), order.count, order.withinMs);
    if (order.kind === 'closeRoom') this.#options.rooms?.close(order.roomId, order.gen);
    if (this.phase !== before) for (const listener of this.#phaseListeners) listener(this.phase);
    return reply;
  }

  /** Rule S6: null when the handshake may go on, else the code to refuse it with. */
  #admit(request: IncomingMessage, query: URLSearchParams): ErrorCode | null {
    const shown = this.#admission.check(query);
    if (shown.kind === 'refused') return shown.code;
    if (this.#stopped) return 'NODE_SEALED';
    if (shown.kind === 'agent') {
      this.#players.admitAgent(request);
      return null;
    }
    if (this.phase === 'sealed') return 'NODE_SEALED';
    if (shown.kind === 'resume') return this.#players.admitResume(request, shown.token);
    const refusal = this.#admission.use(shown.claims);
    if (refusal !== null) return refusal;
    this.#players.admitTicket(request, shown.claims);
    this.#reports.arrival(shown.claims.rid);
    return null;
  }
}
