import type { z } from 'zod';
import {
  AGENT_PROTOCOL,
  type AnyOrder,
  HelloReply,
  OrderReply,
  StatsReply,
  type StatsRequest,
} from '../../core/protocol/agent';
import type { Instance } from '../../fleet/port';
import { Complaints, messageOf } from '../complaints';
import type { AgentProbeOptions } from './agent-probe';
import { type Acquaintance, Introduction, impostor, KeysReply, readReply } from './introduction';
import type { Probe, ProbeFactory } from './probe';

export interface HttpProbeOptions extends AgentProbeOptions {
  /** Port that the questions are asked at, on the host of the instance's endpoint. @default the endpoint's own port */
  readonly port?: number;
}

type Question = 'hello' | 'keys' | 'stats' | 'order';
type Endpoint = Instance & { readonly endpoint: string };

/**
 * Probes for servers of any protocol and language: the questions of the agent channel as `POST /agent/{hello,keys,stats,order}`,
 * JSON in and out, with `Authorization: Bearer <agent token>`. There is no channel that could break, so a dead node is noticed
 * at the next poll. When a poll fails, the next one introduces itself again: the node may have started anew.
 */
export function httpProbes(options: HttpProbeOptions): ProbeFactory {
  const introduction = new Introduction(options);
  const complaints = new Complaints(options.log);
  return (instance) => new HttpProbe(instance, { ...options, introduction, complaints });
}

interface Shared extends HttpProbeOptions {
  readonly introduction: Introduction;
  readonly complaints: Complaints;
}

class HttpProbe implements Probe {
  #hello: HelloReply | null = null;
  /** The start that the cursor belongs to. */
  #startId: string | null = null;
  #cursor = 0;
  readonly #instance: Endpoint;
  readonly #shared: Shared;
  readonly #acquaintance: Acquaintance;
  readonly #base: URL;
  #closed = false;
  readonly #asking = new Set<AbortController>();

  constructor(instance: Endpoint, shared: Shared) {
    this.#instance = instance;
    this.#shared = shared;
    this.#acquaintance = shared.introduction.with(instance.nodeId);
    const { origin, hostname, port } = new URL(instance.endpoint);
    const own = shared.port === undefined || port === String(shared.port);
    // What players do not see need not speak TLS.
    this.#base = new URL(own ? origin : `http://${hostname}:${shared.port}`);
  }

  get hello(): HelloReply | null {
    return this.#hello;
  }

  async poll(timeoutMs: number): Promise<StatsReply> {
    try {
      const reply = await this.#stats(performance.now() + timeoutMs);
      this.#shared.complaints.settle(this.#instance.nodeId);
      return reply;
    } catch (error) {
      this.#hello = null;
      this.#acquaintance.refused();
      if (!this.#closed) this.#shared.complaints.raise(this.#instance.nodeId, messageOf(error));
      throw error;
    }
  }

  async order(order: AnyOrder, timeoutMs: number): Promise<OrderReply> {
    return this.#ask('order', order, OrderReply, performance.now() + timeoutMs);
  }

  resync(): void {
    this.#cursor = 0;
  }

  close(): void {
    this.#hello = null;
    this.#closed = true;
    for (const controller of this.#asking) controller.abort(new Error('the probe is closed'));
    this.#shared.complaints.forget(this.#instance.nodeId);
  }

  async #stats(deadline: number): Promise<StatsReply> {
    const { cluster } = this.#instance;
    const hello = this.#hello ?? (await this.#introduce(deadline));
    if (!this.#acquaintance.settled) await this.#bringKeys(hello, deadline);
    const { fencing, maintenance } = this.#shared;
    const news = maintenance?.();
    const epoch = fencing?.epoch(cluster) ?? undefined;
    const request: StatsRequest = {
      v: AGENT_PROTOCOL,
      cursor: this.#cursor,
      ...(epoch !== undefined && { epoch }),
      ...(news !== undefined && { maintenance: news }),
    };
    const reply = await this.#ask('stats', request, StatsReply, deadline);
    if (reply.nodeId !== hello.nodeId || reply.startId !== hello.startId) {
      throw new Error(`its answer to "stats" is not usable: it speaks for ${reply.nodeId}, start ${reply.startId}`);
    }
    fencing?.seen(cluster, reply.epoch);
    // A resync that was asked for meanwhile stands.
    if (this.#cursor === request.cursor) this.#cursor = reply.cursor;
    return reply;
  }

  /** Who is it? Then the keys, then polls may begin. */
  async #introduce(deadline: number): Promise<HelloReply> {
    const hello = await this.#ask('hello', { v: AGENT_PROTOCOL }, HelloReply, deadline);
    const wrong = impostor(hello, this.#instance);
    if (wrong !== null) throw new Error(`its answer to "hello" is not usable: ${wrong}`);
    await this.#bringKeys(hello, deadline);
    if (hello.startId !== this.#startId) this.#cursor = 0;
    this.#startId = hello.startId;
    this.#hello = hello;
    return hello;
  }

  #bringKeys(hello: HelloReply, deadline: number): Promise<void> {
    return this.#acquaintance.bring(hello, (request) => this.#ask('keys', request, KeysReply, deadline));
  }

  async #ask<T>(question: Question, payload: object, schema: z.ZodType<T>, deadline: number): Promise<T> {
    if (this.#closed) throw new Error('the probe is closed');
    const controller = new AbortController();
    this.#asking.add(controller);
    const giveUp = () => controller.abort(new Error(`no answer to "${question}" in time`));
    const timer = setTimeout(giveUp, Math.max(1, deadline - performance.now()));
    try {
      const read = readReply(await this.#post(question, payload, controller.signal), schema);
      if (read.ok) return read.value;
      throw new Error(`its answer to "${question}" is not usable: ${read.fault}`.slice(0, 300));
    } finally {
      clearTimeout(timer);
      this.#asking.delete(controller);
    }
  }

  async #post(question: Question, payload: object, signal: AbortSignal): Promise<unknown> {
    try {
      const response = await fetch(new URL(`/agent/${question}`, this.#base), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#acquaintance.token()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(payload),
        // The token is for this node only.
        redirect: 'error',
        signal,
      });
      return await response.json();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // fetch hides the cause, e.g. ECONNREFUSED.
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      throw new Error(`cannot ask "${question}": ${messageOf(cause)}`, { cause: error });
    }
  }
}
