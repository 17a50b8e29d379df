import { type Observable, Subject } from 'rxjs';
import type { ClusterSnapshot, NodeSnapshot } from '../../core/snapshot';

/** What this balancer's own polls say of the clusters; the assigner, the API and the autoscaler read it. Reading never waits. */
export interface ClusterView {
  /** The clusters that this balancer watches, in the configured order. */
  clusters(): readonly string[];
  /** The latest snapshot; undefined before the first tick, and for a cluster that is not watched. */
  snapshot(cluster: string): ClusterSnapshot | undefined;
  /** One node of the latest snapshot. */
  node(cluster: string, nodeId: string): NodeSnapshot | undefined;
  /** Rule S7: whether this start of the node may get new joins (green or held, and open). False for what is not known here. */
  joinable(cluster: string, nodeId: string, startId: string): boolean;
  /**
   * Nodes that do not answer this balancer (booting, suspect, red): `exclude` of a reservation. Draining nodes are not among
   * them: the registry knows those, and rooms that live there stay there.
   */
  excluded(cluster: string): readonly string[];
  /** Hot: every snapshot as it is published (each tick, and at once when a node falls silent). */
  readonly snapshots$: Observable<ClusterSnapshot>;
}

interface Entry {
  readonly snapshot: ClusterSnapshot;
  readonly nodes: ReadonlyMap<string, NodeSnapshot>;
  readonly excluded: readonly string[];
}

/** The view that the watch loop publishes into. Look-ups are prepared once a snapshot: the API asks far more often than we poll. */
export class LiveView implements ClusterView {
  readonly snapshots$: Observable<ClusterSnapshot>;
  private readonly subject = new Subject<ClusterSnapshot>();
  private readonly watched: readonly string[];
  private readonly entries = new Map<string, Entry>();

  constructor(clusters: readonly string[]) {
    this.watched = clusters;
    this.snapshots$ = this.subject.asObservable();
  }

  publish(snapshot: ClusterSnapshot): void {
    this.entries.set(snapshot.cluster, {
      snapshot,
      nodes: new Map(snapshot.nodes.map((node) => [node.nodeId, node])),
      excluded: snapshot.nodes.filter((node) => !reachable(node)).map((node) => node.nodeId),
    });
    this.subject.next(snapshot);
  }

  /** Completes the stream. */
  close(): void {
    this.subject.complete();
  }

  clusters(): readonly string[] {
    return this.watched;
  }

  snapshot(cluster: string): ClusterSnapshot | undefined {
    return this.entries.get(cluster)?.snapshot;
  }

  node(cluster: string, nodeId: string): NodeSnapshot | undefined {
    return this.entries.get(cluster)?.nodes.get(nodeId);
  }

  joinable(cluster: string, nodeId: string, startId: string): boolean {
    const node = this.node(cluster, nodeId);
    return node !== undefined && node.startId === startId && reachable(node) && node.phase === 'open';
  }

  excluded(cluster: string): readonly string[] {
    return this.entries.get(cluster)?.excluded ?? [];
  }
}

function reachable(node: NodeSnapshot): boolean {
  return node.health === 'green' || node.health === 'held';
}
