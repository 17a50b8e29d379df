import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentBase, NodeEnv } from '../agent';
import type { Sample } from '../core/metrics';
import { exposition } from './prometheus';

export interface NodeMetricsOptions {
  readonly stack: string;
  readonly cluster: string;
  readonly agent: Pick<AgentBase, 'nodeId' | 'figures'>;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Metrics of the process as well. @default false */
  readonly process?: boolean;
}

export interface NodeMetrics {
  readonly port: number;
  stop(): Promise<void>;
}

/** A node's server as its program has it. */
interface NodeServer {
  readonly agent: AgentBase;
  readonly port: number;
  stop(): Promise<void>;
}

/** The same server, with its metrics served as well when the environment says so: `metricsPort` is then the port that was taken. */
export async function withNodeMetrics(
  server: NodeServer,
  env: Pick<NodeEnv, 'STACK' | 'CLUSTER' | 'HOST' | 'METRICS_PORT'>,
): Promise<Omit<NodeServer, 'agent'> & { readonly metricsPort?: number }> {
  const { agent, port, stop } = server;
  if (env.METRICS_PORT === undefined) return { port, stop };
  const about = { stack: env.STACK, cluster: env.CLUSTER, agent, host: env.HOST, port: env.METRICS_PORT };
  try {
    const metrics = await serveNodeMetrics({ ...about, process: true });
    return { port, metricsPort: metrics.port, stop: async () => void (await Promise.all([metrics.stop(), stop()])) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a node says of itself. */
export function nodeSamples(agent: Pick<AgentBase, 'figures'>): Sample[] {
  const { phase, connections, sessions, capacity, loopDelayMs, admitted, refused, messages } = agent.figures();
  const gauge = (name: Sample['name'], value: number): Sample => ({ name, labels: {}, value });
  return [
    gauge('realtime_node_connections', connections),
    gauge('realtime_node_sessions', sessions),
    gauge('realtime_node_capacity', capacity),
    gauge('realtime_node_loop_delay_seconds', loopDelayMs / 1_000),
    ...(['ticket', 'resume'] as const).map((by): Sample => {
      return { name: 'realtime_node_admitted_total', labels: { by }, value: admitted[by] };
    }),
    ...[...refused].map(([code, value]): Sample => ({ name: 'realtime_node_refused_total', labels: { code }, value })),
    ...(messages === undefined
      ? []
      : (['in', 'out'] as const).map((direction): Sample => {
          return { name: 'realtime_node_messages_total', labels: { direction }, value: messages[direction] };
        })),
    ...(['open', 'draining', 'sealed'] as const).map((each): Sample => {
      return { name: 'realtime_node_phase', labels: { phase: each }, value: each === phase ? 1 : 0 };
    }),
  ];
}

/** Serves a node's `/metrics` on a port of its own, as players reach the other one. Rejects when the port cannot be had. */
export async function serveNodeMetrics(options: NodeMetricsOptions): Promise<NodeMetrics> {
  const { stack, cluster, agent, host = '127.0.0.1', port } = options;
  const shown = exposition({
    of: 'node',
    labels: { stack, cluster, node: agent.nodeId },
    samples: () => nodeSamples(agent),
    process: options.process ?? false,
  });
  const answer: RequestListener = (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Here is /metrics only\n');
      return;
    }
    shown.text().then(
      (text) => response.writeHead(200, { 'content-type': shown.contentType }).end(text),
      // Players must not pay for what is wrong with the metrics.
      (error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error}\n`),
    );
  };
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(`METRICS_PORT ${port} of ${host}: ${cause.message}`, { cause })));
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
