import { z } from 'zod';

/** What the local cluster reads of `GET /v1/clusters`. */
const ClustersReply = z.object({
  clusters: z.array(
    z.object({
      cluster: z.string(),
      nodes: z.array(
        z.object({
          nodeId: z.string(),
          health: z.string(),
          phase: z.string(),
          connections: z.number(),
          sessions: z.number(),
        }),
      ),
    }),
  ),
});

export type ClusterState = z.infer<typeof ClustersReply>['clusters'][number];

/** Time limit of one question, in milliseconds. */
const TIMEOUT_MS = 1_500;

/** Asks the API how the clusters are; null when it does not answer. */
export async function askClusters(api: string, apiKey: string): Promise<readonly ClusterState[] | null> {
  try {
    const response = await fetch(`${api}/v1/clusters`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return ClustersReply.parse(await response.json()).clusters;
  } catch {
    return null;
  }
}

/** How many nodes of a cluster take joins. */
export function greenNodes(states: readonly ClusterState[], cluster: string): number {
  const nodes = states.find((state) => state.cluster === cluster)?.nodes ?? [];
  return nodes.filter((node) => node.health === 'green' && node.phase === 'open').length;
}

/** One line: `lobby 2/2 green, 21 players · game 2/2 green, 40 players`. */
export function describeClusters(states: readonly ClusterState[] | null): string {
  if (states === null) return 'the API does not answer';
  return states
    .map(({ cluster, nodes }) => {
      const players = nodes.reduce((sum, node) => sum + node.sessions, 0);
      return `${cluster} ${greenNodes(states, cluster)}/${nodes.length} green, ${players} players`;
    })
    .join(' · ');
}
