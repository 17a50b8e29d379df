import type { ClusterReader, ShownCluster, ShownNode } from '../api/backend';
import { clusterTotals } from '../api/clusters';
import { type Figures, PAGE_PROTOCOL, type PageEvent, type PageNode, type Picture } from '../core/protocol/page';

/** Where the picture comes from; each is asked as it is needed, and answers from memory. */
export interface PictureSources {
  readonly stack: string;
  readonly balancerId: string;
  readonly clusters: ClusterReader;
  readonly peer: () => Picture['peer'];
  /** What keeps this balancer from its work, for a person to read; null when nothing does. */
  readonly trouble: () => string | null;
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
  const maintenance = clusters.maintenance();
  const shown = clusters.clusters().flatMap((name) => clusters.snapshot(name) ?? []);
  return {
    ...{ v: PAGE_PROTOCOL, stack, balancerId, atMs, bees },
    peer: sources.peer(),
    trouble: sources.trouble(),
    maintenance: maintenance?.on === true ? maintenance : null,
    clusters: shown.map(({ owner, epoch, orders, ...cluster }) => ({
      name: cluster.cluster,
      owner: owner === null || epoch === null ? null : { balancerId: owner, epoch },
      massFailure: cluster.massFailure,
      paused: orders.paused,
      figures: { ...figures(cluster), ...rates(cluster.cluster) },
      nodes: cluster.nodes.map(pageNode),
    })),
    events: [...events],
  };
}

function figures({ nodes }: Pick<ShownCluster, 'nodes'>): Omit<Figures, 'assigned' | 'refused'> {
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
