import { randomBytes } from 'node:crypto';
import type { ErrorCode } from '../core/errors';
import {
  AGENT_PROTOCOL,
  type AnyOrder,
  type HelloReply,
  type KeysRequest,
  type MaintenanceNews,
  type NodeKey,
  type OrderReply,
  type Phase,
  type RoomReport,
  type StatsReply,
} from '../core/protocol/agent';
import type { TicketClaims } from '../core/protocol/ticket';
import { Admission, type Credentials } from './admission';
import { CpuUse } from './cpu-use';
import type { HttpAnswers } from './http-channel';
import { Lifecycle } from './lifecycle';
import { LoopDelay } from './loop-delay';
import { readMetrics } from './metrics';
import { type Movable, Mover } from './mover';
import { Notice } from './notice';
import { Reports } from './reports';
import type { AgentBase, AgentOptions, Maintained, NodeFigures, SessionEndReason, Traffic } from './types';

/** How often grace times and used tickets are looked at, in milliseconds. */
const HOUSEKEEPING_MS = 250;

/** Who is on the node, whatever the protocol. */
export interface Crowd {
  /** Admitted players. */
  readonly count: number;
  /** Players' connections open now. */
  readonly connected: number;
  /** Reservations that the present sessions fulfilled. */
  reservations(): string[];
  movables(): Movable[];
  /** Undefined: it is not seen here what connections carry. */
  readonly traffic?: Traffic;
  /** Ends the sessions whose grace time is over. */
  expire(): void;
  /** Ends the player's session and closes its connection; whether there was one. */
  kick(playerId: string): boolean;
}

/** What happens to a handshake that may come in; only the sessions know resume tokens, so `resume` may refuse. */
export interface Door {
  agent(): void;
  ticket(claims: TicketClaims): void;
  resume(token: string): ErrorCode | null;
}

/** The agent without a protocol: answers the balancers, and decides who may come in. */
export class AgentCore implements AgentBase, HttpAnswers {
  readonly nodeId: string;
  readonly startId = randomBytes(12).toString('base64url');
  readonly #options: AgentOptions;
  readonly #crowd: Crowd;
  readonly #admission: Admission;
  readonly #lifecycle = new Lifecycle();
  readonly #loopDelay = new LoopDelay();
  readonly #cpuUse = new CpuUse();
  readonly #reports: Reports;
  readonly #mover: Mover;
  readonly #notice: Notice;
  readonly #endListeners = new Set<(playerId: string, reason: SessionEndReason) => void>();
  readonly #phaseListeners = new Set<(phase: Phase) => void>();
  readonly #maintenanceListeners = new Set<(news: Maintained) => void>();
  #maintenance: MaintenanceNews = { rev: -1, on: false, untilMs: null };
  readonly #housekeeping: NodeJS.Timeout;
  readonly #admitted = { ticket: 0, resume: 0 };
  readonly #refused = new Map<ErrorCode, number>();
  #stopped = false;

  /** @param crowd not asked before a balancer or a player comes. */
  constructor(options: AgentOptions, crowd: Crowd) {
    this.nodeId = options.nodeId;
    this.#options = options;
    this.#crowd = crowd;
    this.#admission = new Admission(options.nodeId, this.startId, options.publicKeys);
    this.#reports = new Reports(options.rooms);
    this.#mover = new Mover(options.canMove ?? (() => true));
    this.#notice = new Notice(options.leavingFile, () =>
      options.log?.warn({ file: options.leavingFile }, 'this machine will go away soon; the balancers are told'),
    );
    this.#housekeeping = setInterval(() => {
      crowd.expire();
      this.#admission.sweep(Date.now());
    }, HOUSEKEEPING_MS).unref();
  }

  get phase(): Phase {
    return this.#lifecycle.phase;
  }

  get sessions(): number {
    return this.#crowd.count;
  }

  get connections(): number {
    return this.#crowd.connected;
  }

  figures(): NodeFigures {
    return {
      ...{ phase: this.phase, connections: this.connections, sessions: this.sessions },
      ...{ capacity: this.#options.capacity, loopDelayMs: this.#loopDelay.readMs() },
      ...{ admitted: this.#admitted, refused: this.#refused, messages: this.#crowd.traffic },
    };
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

  onMaintenance(listener: (news: Maintained) => void): () => void {
    this.#maintenanceListeners.add(listener);
    return () => this.#maintenanceListeners.delete(listener);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#housekeeping);
    this.#mover.stop();
    this.#notice.stop();
    this.#loopDelay.stop();
    this.#cpuUse.stop();
  }

  /** The crowd lost a player for good. */
  ended(playerId: string, reason: SessionEndReason): void {
    for (const listener of this.#endListeners) listener(playerId, reason);
  }

  /** Rule S6: null when the handshake with these credentials may go on, else the code to refuse it with. */
  admit(query: URLSearchParams, door: Door): ErrorCode | null {
    const shown = this.#admission.check(query);
    const refusal = this.#letIn(shown, door);
    if (refusal !== null) this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    else if (shown.kind === 'ticket' || shown.kind === 'resume') this.#admitted[shown.kind] += 1;
    return refusal;
  }

  #letIn(shown: Credentials, door: Door): ErrorCode | null {
    if (shown.kind === 'refused') return shown.code;
    if (this.#stopped) return 'NODE_SEALED';
    if (shown.kind === 'agent') {
      door.agent();
      return null;
    }
    if (this.phase === 'sealed') return 'NODE_SEALED';
    if (shown.kind === 'resume') return door.resume(shown.token);
    const refusal = this.#admission.use(shown.claims);
    if (refusal !== null) return refusal;
    door.ticket(shown.claims);
    this.#reports.arrival(shown.claims.rid);
    return null;
  }

  isBalancer(token: string): boolean {
    return this.#admission.check(new URLSearchParams({ agent: token })).kind === 'agent';
  }

  hello(): HelloReply {
    const { nodeId, startId } = this;
    const { cluster, version, capacity } = this.#options;
    return { v: AGENT_PROTOCOL, nodeId, startId, cluster, version, capacity };
  }

  setKeys(keys: KeysRequest): void {
    this.#admission.setKeys(keys);
  }

  stats(cursor: number, epoch = 0, news?: MaintenanceNews): StatsReply {
    this.#lifecycle.seen(epoch);
    if (news !== undefined) this.#hear(news);
    const { metrics, log } = this.#options;
    return {
      ...this.hello(),
      phase: this.phase,
      ...(this.#notice.given && { leaving: true }),
      epoch: this.#lifecycle.epoch,
      connections: this.connections,
      sessions: this.sessions,
      loopDelayMs: this.#loopDelay.readMs(),
      rssBytes: process.memoryUsage.rss(),
      metrics: { cpu: this.#cpuUse.readPercent(), ...readMetrics(metrics, log) },
      ...this.#reports.since(cursor, () => this.#crowd.reservations()),
    };
  }

  #hear(news: MaintenanceNews): void {
    const before = this.#maintenance;
    if (news.rev <= before.rev) return;
    this.#maintenance = news;
    if (news.on === before.on && news.untilMs === before.untilMs) return;
    for (const listener of this.#maintenanceListeners) listener(news);
  }

  order(order: AnyOrder): OrderReply {
    const before = this.phase;
    if (order.kind === 'kick') {
      const kicked = this.#crowd.kick(order.playerId);
      return { ok: true, phase: before, sessions: this.sessions, kicked };
    }
    const reply = this.#lifecycle.take(order, this.sessions);
    if (!reply.ok) return reply;
    if (order.kind === 'undrain') this.#mover.stop();
    if (order.kind === 'move') this.#mover.start(this.#crowd.movables(), order.count, order.withinMs);
    if (order.kind === 'closeRoom') this.#options.rooms?.close(order.roomId, order.gen);
    if (this.phase !== before) for (const listener of this.#phaseListeners) listener(this.phase);
    return reply;
  }
}
