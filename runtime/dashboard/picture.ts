import type { ClusterReader, ShownCluster, ShownNode } from '../api/backend';
import { clusterTotals } from '../api/clusters';
import {
  type ClusterHead,
  type Figures,
  PAGE_PROTOCOL,
  type PageEvent,
  type PageNode,
  type Picture,
} from '../core/protocol/page';

/** Who owns a cluster, and under which epoch. */
export type Owner = ClusterHead['owner'];

/** Where the picture comes from; each is asked as it is needed, and answers from memory. */
export interface PictureSources {
  readonly stack: string;
  readonly balancerId: string;
  readonly clusters: ClusterReader;
  readonly owner: (cluster: string) => Owner;
  readonly peer: () => Picture['peer'];
  /** What keeps this balancer from its work, for a person to read; null when nothing does. */
  readonly trouble: () => string | null;
  readonly maintenance: () => Picture['maintenance'];
  /** Whether the autoscaler of the cluster is paused. */
  readonly paused: (cluster: string) => ClusterHead['paused'];
  /** Events with an id above `id`, oldest first, `limit` at most. */
  readonly events: { after(id: number, limit: number): readonly PageEvent[] };
}

/** What else the picture needs, as of now. */
interface Present {
  readonly atMs: number;
  readonly bees: Picture['bees'];
  readonly events: readonly PageEvent[];
  readonly rates: (cluster: string) => Pick<Figures, 'assigned' | 'refused'>;
}

/** Everything that the page shows. A cluster that was not looked at yet is left out. */
export function takePicture(sources: PictureSources, { atMs, bees, events, rates }: Present): Picture {
  const { stack, balancerId, clusters } = sources;
  const shown = clusters.clusters().flatMap((name) => clusters.snapshot(name) ?? []);
  return {
    ...{ v: PAGE_PROTOCOL, stack, balancerId, atMs, bees },
    peer: sources.peer(),
    trouble: sources.trouble(),
    maintenance: sources.maintenance(),
    clusters: shown.map((cluster) => ({
      name: cluster.cluster,
      owner: sources.owner(cluster.cluster),
      massFailure: cluster.massFailure,
      paused: sources.paused(cluster.cluster),
      figures: { ...figures(cluster), ...rates(cluster.cluster) },
      nodes: cluster.nodes.map(pageNode),
    })),
    events: [...events],
  };
}

function figures({ nodes }: ShownCluster): Omit<Figures, 'assigned' | 'refused'> {
  const { connections, sessions, pending, capacity, joinable } = clusterTotals(nodes);
  return { connections, load: sessions + (pending ?? 0), capacity, nodes: nodes.length, joinable };
}

function pageNode(node: ShownNode): PageNode {
  const { nodeId: id, zone, version, health, phase, leaving = false, connections, capacity, launchedAtMs } = node;
  const load = node.sessions + (node.pending ?? 0);
  return {
    ...{ id, zone, version, health, phase, leaving, connections, load, capacity, launchedAtMs },
    delayMs: Math.round(node.loopDelayMs),
    silentS: Math.floor(node.silentMs / 1_000),
  };
}
