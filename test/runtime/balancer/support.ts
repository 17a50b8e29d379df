import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { Server } from 'socket.io';
import { type Agent, attachAgent, type RoomSource } from '../../../runtime/agent';
import type { Probe, ProbeFactory } from '../../../runtime/balancer/watch/probe';
import type { ClusterRegistry } from '../../../runtime/balancer/watch/registry-writer';
import { AGENT_PROTOCOL, type Order, type RoomReport, type StatsReply } from '../../../runtime/core/protocol/agent';
import type { Fleet, Instance } from '../../../runtime/fleet/port';
import { type LiveRoom, type NodeUpdate, RegistryUnavailable } from '../../../runtime/registry/types';

export const silentLog = pino({ level: 'silent' });

/** A logger that keeps its lines. */
export function keptLog() {
  const lines: { level: number; msg: string; subject?: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

export function instance(nodeId: string, endpoint: string | null, over: Partial<Instance> = {}): Instance {
  return { nodeId, cluster: 'game', endpoint, zone: 'a', launchedAtMs: 1_000, state: 'running', ...over };
}

/** A fleet that lists what it is told to. */
export class ListedFleet implements Fleet {
  instances: Instance[];
  /** Set: calls reject with it. */
  failure: Error | null = null;
  readonly unhealthy: string[] = [];

  constructor(instances: Instance[]) {
    this.instances = instances;
  }

  async describe(): Promise<readonly Instance[]> {
    if (this.failure !== null) throw this.failure;
    return this.instances;
  }

  async reportUnhealthy(_cluster: string, nodeId: string): Promise<void> {
    this.unhealthy.push(nodeId);
    if (this.failure !== null) throw this.failure;
  }

  /** Its size is not the balancer's business yet. */
  group = refuse;
  grow = refuse;
  terminate = refuse;
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('not expected in this test'));
}

/** One node as a fake probe sees it. */
export class FakeNode {
  readonly nodeId: string;
  startId = 's1';
  /** answers; hung (polls end with their time limit); broken (they fail at once). */
  mode: 'answers' | 'hung' | 'broken' = 'answers';
  sessions = 0;
  phase: StatsReply['phase'] = 'open';
  loopDelayMs = 1;
  arrivals: string[] = [];
  rooms: RoomReport[] = [];
  /** Told with every full answer. */
  live: RoomReport[] = [];
  polls = 0;
  full = true;
  resyncs = 0;
  closed = 0;
  readonly orders: Order[] = [];
  /** Orders wait for this on their way; they are lost when it rejects. */
  way: Promise<void> = Promise.resolve();
  /** Set by the factory: breaks the channel. */
  lose: () => void = () => undefined;

  constructor(nodeId: string) {
    this.nodeId = nodeId;
  }

  /** What is new is told once, as with a cursor. */
  stats(): StatsReply {
    const { nodeId, startId, phase, sessions, loopDelayMs, arrivals, full } = this;
    const rooms = full ? [...this.live, ...this.rooms] : this.rooms;
    this.arrivals = [];
    this.rooms = [];
    this.full = false;
    return {
      ...{ v: AGENT_PROTOCOL, nodeId, startId, phase, sessions, loopDelayMs, arrivals, rooms, full },
      ...{ epoch: 0, connections: sessions, capacity: 100, rssBytes: 1, version: 'v1', cursor: this.polls },
    };
  }
}

/** Probes for fake nodes. */
export function fakeProbes(nodes: readonly FakeNode[]): ProbeFactory {
  return ({ nodeId }, onLost): Probe => {
    const node = nodes.find((each) => each.nodeId === nodeId);
    if (node === undefined) throw new Error(`no fake node ${nodeId}`);
    node.lose = () => {
      node.mode = 'broken';
      onLost();
    };
    return {
      hello: null,
      poll: async (timeoutMs) => {
        node.polls += 1;
        if (node.mode === 'hung') await new Promise((resolve) => setTimeout(resolve, timeoutMs));
        if (node.mode !== 'answers') throw new Error(`${nodeId} is ${node.mode}`);
        return node.stats();
      },
      order: async (order) => {
        await node.way;
        if (order.kind === 'kick') return { ok: true, phase: node.phase, sessions: node.sessions };
        node.orders.push(order);
        if (order.kind === 'drain') node.phase = 'draining';
        if (order.kind === 'seal') node.phase = 'sealed';
        return { ok: true, phase: node.phase, sessions: node.sessions };
      },
      resync: () => {
        node.full = true;
        node.resyncs += 1;
      },
      close: () => {
        node.closed += 1;
      },
    };
  };
}

/** A registry in memory, as far as the watch loop uses it; with faults. */
export class FakeRegistry implements ClusterRegistry {
  /** works; down (calls reject); hangs (calls never end). */
  mode: 'works' | 'down' | 'hangs' = 'works';
  stored = new Map<string, NodeUpdate>();
  refreshes = 0;
  /** Nodes named in the first refresh since this was set to null. */
  firstSize: number | null = null;
  inFlight = 0;
  mostInFlight = 0;
  readonly arrivals: string[] = [];
  readonly suspended: string[] = [];
  readonly reports: RoomReport[] = [];
  readonly staleRooms = new Set<string>();
  /** Whether it knows every room. Set to false: it was emptied. */
  gathered = true;
  asked = false;
  readonly restored: LiveRoom[] = [];
  readonly completed: string[] = [];
  readonly released: string[] = [];
  /** What the next refresh says ran out, by node. */
  expired = new Map<string, number>();

  readonly seats: ClusterRegistry['seats'] = {
    refresh: async ({ nodes }) => {
      this.inFlight += 1;
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
      await this.#reach();
      this.inFlight -= 1;
      this.refreshes += 1;
      this.firstSize ??= nodes.length;
      this.stored = new Map(nodes.map((node) => [node.nodeId, node]));
      this.arrivals.push(...nodes.flatMap((node) => node.arrivals));
      const pending = nodes.map(
        ({ nodeId }) => [nodeId, { count: 3, expired: this.expired.get(nodeId) ?? 0 }] as const,
      );
      this.expired = new Map();
      return { pending: new Map(pending) };
    },
    suspend: async (nodeId) => {
      await this.#reach();
      this.suspended.push(nodeId);
    },
    node: async (nodeId) => {
      await this.#reach();
      return this.stored.get(nodeId) ?? null;
    },
  };

  readonly rooms: NonNullable<ClusterRegistry['rooms']> = {
    registry: {
      report: async (nodeId, _startId, reports) => {
        await this.#reach();
        this.reports.push(...reports);
        return reports.map(({ roomId, gen }) =>
          this.staleRooms.has(roomId)
            ? { roomId, outcome: 'stale', close: { nodeId, gen } }
            : { roomId, outcome: 'ok', close: null },
        );
      },
      gather: async (_epoch, everyNodeReported) => {
        await this.#reach();
        this.gathered ||= this.asked && everyNodeReported;
        const state = this.gathered ? 'gathered' : this.asked ? 'asked' : 'ask';
        this.asked = !this.gathered;
        return state;
      },
      get: async () => null,
    },
    matches: {
      restore: async (live) => {
        this.restored.push(live);
        return false;
      },
      complete: async (roomId) => void this.completed.push(roomId),
      release: async (roomId) => void this.released.push(roomId),
    },
  };

  async #reach(): Promise<void> {
    if (this.mode === 'hangs') await new Promise(() => undefined);
    if (this.mode === 'down') {
      this.inFlight = 0;
      throw new RegistryUnavailable(new Error('refused'));
    }
  }
}

export interface RealNode {
  readonly io: Server;
  readonly agent: Agent;
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A socket.io server with an agent, in this process. */
export async function realNode(
  nodeId: string,
  publicKey: string,
  options: { port?: number; cluster?: string; rooms?: RoomSource } = {},
): Promise<RealNode> {
  const { io, url, port } = await socketServer(options.port ?? 0);
  const { cluster = 'game', rooms } = options;
  const agent = attachAgent(io, {
    ...{ nodeId, cluster, version: 'v1', capacity: 100, publicKeys: [publicKey], graceMs: 1_000 },
    ...(rooms !== undefined && { rooms }),
  });
  const stop = async () => {
    agent.stop();
    await io.close();
  };
  return { io, agent, url, port, stop };
}

/** A bare socket.io server on a port of its own (or on the given one). */
export async function socketServer(port = 0): Promise<{ io: Server; url: string; port: number }> {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'] });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const { port: taken } = http.address() as AddressInfo;
  return { io, url: `http://127.0.0.1:${taken}`, port: taken };
}
