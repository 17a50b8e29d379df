import type { Maintenance } from '../core/orders/standing';
import type { ClusterReader, ShownCluster, ShownNode } from './backend';

interface ClusterReply extends ShownCluster {
  readonly totals: {
    readonly nodes: number;
    /** Nodes that take joins: green and open. */
    readonly joinable: number;
    readonly connections: number;
    readonly sessions: number;
    /** Null when it is not known of every node. */
    readonly pending: number | null;
    /** Of the joinable nodes. */
    readonly capacity: number;
  };
}

interface ClustersReply {
  readonly clusters: readonly ClusterReply[];
  /** Null when nobody is kept out. */
  readonly maintenance: Pick<Maintenance, 'by' | 'why' | 'atMs' | 'untilMs'> | null;
}

/** Answer of `GET /v1/clusters`: each cluster as this balancer sees it, with its sums. A cluster not looked at yet is left out. */
export function clustersReply(reader: ClusterReader): ClustersReply {
  const snapshots = reader.clusters().map((cluster) => reader.snapshot(cluster));
  return {
    clusters: snapshots
      .filter((snapshot) => snapshot !== undefined)
      .map((snapshot) => ({ ...snapshot, totals: clusterTotals(snapshot.nodes) })),
    maintenance: maintenanceOf(reader.maintenance()),
  };
}

function maintenanceOf(maintenance: Maintenance | null): ClustersReply['maintenance'] {
  if (maintenance?.on !== true) return null;
  const { by, why, atMs, untilMs } = maintenance;
  return { by, why, atMs, untilMs };
}

/** The sums over the nodes of a cluster. */
export function clusterTotals(nodes: readonly ShownNode[]): ClusterReply['totals'] {
  const joinable = nodes.filter((node) => node.health === 'green' && node.phase === 'open');
  return {
    nodes: nodes.length,
    joinable: joinable.length,
    connections: sum(nodes, (node) => node.connections),
    sessions: sum(nodes, (node) => node.sessions),
    pending: nodes.some(({ pending }) => pending === null) ? null : sum(nodes, ({ pending }) => pending ?? 0),
    capacity: sum(joinable, (node) => node.capacity),
  };
}

function sum(nodes: readonly ShownNode[], of: (node: ShownNode) => number): number {
  return nodes.reduce((total, node) => total + of(node), 0);
}
