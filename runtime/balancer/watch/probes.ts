import { z } from 'zod';
import { Id } from '../../core/protocol/limits';
import { type AgentProbeOptions, agentProbes } from './agent-probe';
import { httpProbes } from './http-probe';
import type { ProbeFactory } from './probe';

/** How the nodes of one cluster are asked over HTTP; `port` null: at the port of their endpoint. */
interface HttpCluster {
  readonly cluster: string;
  readonly port: number | null;
}

/** `CLUSTER=http` or `CLUSTER=http:PORT`. */
export const ProbeChoice = z.string().transform((text, context): HttpCluster => {
  const [, cluster = '', port] = /^([^=]*)=http(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = port === undefined ? null : Number(port);
  if (Id.safeParse(cluster).success && (number === null || (number >= 1 && number <= 65_535))) {
    return { cluster, port: number };
  }
  context.addIssue(`"${text}" must be CLUSTER=http, or CLUSTER=http:PORT`);
  return z.NEVER;
});

/** Each cluster's own way of asking; socket.io where nothing else is chosen. */
export function chosenProbes(choices: readonly HttpCluster[], options: AgentProbeOptions): ProbeFactory {
  const overSocketIo = agentProbes(options);
  const byCluster = new Map(
    choices.map(({ cluster, port }) => [cluster, httpProbes({ ...options, ...(port !== null && { port }) })]),
  );
  return (instance, onLost) => (byCluster.get(instance.cluster) ?? overSocketIo)(instance, onLost);
}
