import type { Logger } from 'pino';
import { Manager, type Socket } from 'socket.io-client';
import { z } from 'zod';
import {
  AGENT_NAMESPACE,
  AGENT_PROTOCOL,
  type AnyOrder,
  HelloReply,
  type MaintenanceNews,
  OrderReply,
  StatsReply,
  type StatsRequest,
} from '../../core/protocol/agent';
import type { Instance } from '../../fleet/port';
import { Complaints, messageOf } from '../complaints';
import {
  type Acquaintance,
  Introduction,
  type IntroductionOptions,
  impostor,
  KeysReply,
  readReply,
} from './introduction';
import type { Probe, ProbeFactory } from './probe';

export interface AgentProbeOptions extends IntroductionOptions {
  readonly log: Logger;
  /** Polls show the nodes our epoch, and tell us the highest that they have seen. @default no epochs */
  readonly fencing?: Fencing;
  /** What nodes are to know of a maintenance; undefined: there never was any. @default there never is */
  readonly maintenance?: () => MaintenanceNews | undefined;
}

/** What polls have to do with ownership. */
export interface Fencing {
  /** The epoch under which we own the cluster; null when we do not. */
  epoch(cluster: string): number | null;
  /** A node of the cluster has seen this epoch. */
  seen(cluster: string, epoch: number): void;
}

/** Time limits of one attempt to connect, and of `hello` and `keys` each, in milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Reconnection backoff, in milliseconds, with jitter. */
const BACKOFF = { min: 200, max: 2_000, jitter: 0.5 };

type Endpoint = Instance & { readonly endpoint: string };

/** Probes for nodes that run `attachAgent`: one persistent socket.io connection each, to the namespace `/agent`. */
export function agentProbes(options: AgentProbeOptions): ProbeFactory {
  const introduction = new Introduction(options);
  const complaints = new Complaints(options.log);
  const { fencing, maintenance } = options;
  return (instance, onLost) => new AgentProbe(instance, { introduction, fencing, maintenance, complaints, onLost });
}

interface Shared {
  readonly introduction: Introduction;
  readonly fencing: Fencing | undefined;
  readonly maintenance: AgentProbeOptions['maintenance'];
  readonly complaints: Complaints;
  readonly onLost: () => void;
}

interface Waiter {
  readonly resolve: (hello: HelloReply) => void;
  readonly reject: (error: Error) => void;
}

class AgentProbe implements Probe {
  #hello: HelloReply | null = null;
  #startId: string | null = null;
  #cursor = 0;
  /** As it said last: then its end is near, and no trouble. */
  #sealed = false;
  #trouble = 'not connected yet';
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  readonly #instance: Endpoint;
  readonly #shared: Shared;
  readonly #acquaintance: Acquaintance;
  readonly #manager: Manager;
  readonly #socket: Socket;
  readonly #waiters = new Set<Waiter>();

  constructor(instance: Endpoint, shared: Shared) {
    this.#instance = instance;
    this.#shared = shared;
    this.#acquaintance = shared.introduction.with(instance.nodeId);
    this.#manager = new Manager(instance.endpoint, {
      autoConnect: false,
      transports: ['websocket'],
      timeout: CONNECT_TIMEOUT_MS,
      reconnectionDelay: BACKOFF.min,
      reconnectionDelayMax: BACKOFF.max,
      randomizationFactor: BACKOFF.jitter,
    });
    this.#socket = this.#manager.socket(AGENT_NAMESPACE);
    this.#manager.on('reconnect_attempt', () => this.#renewToken());
    this.#manager.on('error', (error) => {
      this.#acquaintance.refused();
      this.#complain(`cannot connect: ${describe(error)}`);
    });
    this.#socket.on('connect', () => void this.#open());
    this.#socket.on('connect_error', (error) => {
      this.#complain(`cannot connect: ${describe(error)}`);
      // Refused by the namespace: unlike after a failed connection, socket.io does not try again by itself.
      if (!this.#socket.active) this.#connectLater();
    });
    this.#socket.on('disconnect', (reason) => {
      this.#lost(`the channel broke: ${reason}`);
      if (!this.#socket.active) this.#connectLater();
    });
    this.#connect();
  }

  get hello(): HelloReply | null {
    return this.#hello;
  }

  /** Waits for the channel, too: a node that comes back is heard within the same poll. */
  async poll(timeoutMs: number): Promise<StatsReply> {
    const deadline = performance.now() + timeoutMs;
    const hello = await this.#opened(timeoutMs);
    if (!this.#acquaintance.settled) await this.#bringKeys(hello, deadline - performance.now());
    const { fencing, maintenance } = this.#shared;
    const news = maintenance?.();
    const epoch = fencing?.epoch(this.#instance.cluster) ?? undefined;
    const request: StatsRequest = {
      v: AGENT_PROTOCOL,
      cursor: this.#cursor,
      ...(epoch !== undefined && { epoch }),
      ...(news !== undefined && { maintenance: news }),
    };
    const reply = await this.#ask('stats', request, StatsReply, deadline - performance.now());
    if (reply.nodeId !== hello.nodeId || reply.startId !== hello.startId) {
      throw this.#nonsense('stats', `it speaks for ${reply.nodeId}, start ${reply.startId}`);
    }
    fencing?.seen(this.#instance.cluster, reply.epoch);
    // A resync that was asked for meanwhile stands.
    if (this.#cursor === request.cursor) this.#cursor = reply.cursor;
    this.#shared.complaints.settle(this.#instance.nodeId);
    this.#sealed = reply.phase === 'sealed';
    return reply;
  }

  async order(order: AnyOrder, timeoutMs: number): Promise<OrderReply> {
    const deadline = performance.now() + timeoutMs;
    await this.#opened(timeoutMs);
    const reply = await this.#ask('order', order, OrderReply, deadline - performance.now());
    if (reply.ok) this.#sealed = reply.phase === 'sealed';
    return reply;
  }

  resync(): void {
    this.#cursor = 0;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#hello = null;
    this.#socket.disconnect();
    this.#rejectWaiters(new Error('the probe is closed'));
    this.#shared.complaints.forget(this.#instance.nodeId);
  }

  #connect(): void {
    this.#renewToken();
    this.#socket.connect();
  }

  #connectLater(): void {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.#connect(), BACKOFF.max * (1 - BACKOFF.jitter * Math.random()));
  }

  #renewToken(): void {
    this.#manager.opts.query = { agent: this.#acquaintance.token() };
  }

  /** The connection is there: who is it? Then the keys, then polls may begin. */
  async #open(): Promise<void> {
    const connection = this.#socket.id;
    try {
      const hello = await this.#ask('hello', { v: AGENT_PROTOCOL }, HelloReply, CONNECT_TIMEOUT_MS);
      const wrong = impostor(hello, this.#instance);
      if (wrong !== null) throw this.#nonsense('hello', wrong);
      await this.#bringKeys(hello, CONNECT_TIMEOUT_MS);
      if (this.#socket.id !== connection) return;
      if (hello.startId !== this.#startId) this.#cursor = 0;
      this.#startId = hello.startId;
      this.#hello = hello;
      for (const waiter of this.#waiters) waiter.resolve(hello);
      this.#waiters.clear();
    } catch (error) {
      // Of an older connection: the newer one is on its own way.
      if (this.#closed || this.#socket.id !== connection) return;
      this.#complain(messageOf(error));
      this.#socket.disconnect();
      this.#connectLater();
    }
  }

  #bringKeys(hello: HelloReply, timeoutMs: number): Promise<void> {
    return this.#acquaintance.bring(hello, (request) => this.#ask('keys', request, KeysReply, timeoutMs));
  }

  async #ask<T>(event: string, request: object, schema: z.ZodType<T>, timeoutMs: number): Promise<T> {
    const reply: unknown = await this.#socket.timeout(Math.max(1, timeoutMs)).emitWithAck(event, request);
    const read = readReply(reply, schema);
    if (read.ok) return read.value;
    throw this.#nonsense(event, read.fault);
  }

  #nonsense(event: string, what: string): Error {
    const message = `its answer to "${event}" is not usable: ${what}`.slice(0, 300);
    this.#complain(message);
    return new Error(message);
  }

  #opened(timeoutMs: number): Promise<HelloReply> {
    if (this.#closed) return Promise.reject(new Error('the probe is closed'));
    if (this.#hello !== null) return Promise.resolve(this.#hello);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(this.#trouble));
      }, timeoutMs);
      const waiter: Waiter = {
        resolve: (hello) => {
          clearTimeout(timer);
          resolve(hello);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  #lost(message: string): void {
    const wasOpen = this.#hello !== null;
    this.#hello = null;
    if (this.#closed || !wasOpen) return;
    this.#complain(message);
    this.#shared.onLost();
  }

  #complain(message: string): void {
    this.#trouble = message;
    if (!this.#closed && !this.#sealed) this.#shared.complaints.raise(this.#instance.nodeId, message);
  }
}

/** engine.io hides the cause (e.g. ECONNREFUSED) in its error's description. */
function describe(error: Error): string {
  const { description } = z
    .object({ description: z.object({ message: z.string() }).optional() })
    .catch({})
    .parse(error);
  return description === undefined ? error.message : `${error.message} (${description.message})`;
}
