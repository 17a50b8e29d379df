import type { LinkReport } from '../client';

export interface NodePeak {
  readonly id: string;
  readonly cluster: string;
  /** Most connections of bees open there at one instant. */
  readonly peak: number;
}

/** The bees' connections, counted at each opening and closing: exact, not sampled. */
export class Connections {
  readonly #nodes = new Map<string, { readonly id: string; readonly cluster: string; open: number; peak: number }>();
  readonly #players = new Map<string, number>();
  #peak = 0;

  /** Players with at least one open connection. */
  get connected(): number {
    return this.#players.size;
  }

  /** Open connections now, by node. */
  get open(): Record<string, number> {
    return Object.fromEntries([...this.#nodes.values()].map(({ id, open }) => [id, open]));
  }

  /** Open connections to the nodes of a cluster. */
  openTo(cluster: 'lobby' | 'game'): number {
    let open = 0;
    for (const node of this.#nodes.values()) if (node.cluster === cluster) open += node.open;
    return open;
  }

  /** Most players connected at one instant. */
  get peak(): number {
    return this.#peak;
  }

  get nodes(): NodePeak[] {
    return [...this.#nodes.values()]
      .map(({ id, cluster, peak }) => ({ id, cluster, peak }))
      .toSorted((one, other) => one.cluster.localeCompare(other.cluster) || one.id.localeCompare(other.id));
  }

  /** `playerId` is null for a connection that is to be counted on its node only. */
  note(playerId: string | null, report: LinkReport): void {
    if (report.kind !== 'opened' && report.kind !== 'closed') return;
    const change = report.kind === 'opened' ? 1 : -1;
    const node = this.#nodes.get(report.nodeId) ?? { id: report.nodeId, cluster: report.role, open: 0, peak: 0 };
    this.#nodes.set(report.nodeId, node);
    node.open += change;
    node.peak = Math.max(node.peak, node.open);
    if (playerId === null) return;
    const open = (this.#players.get(playerId) ?? 0) + change;
    if (open > 0) this.#players.set(playerId, open);
    else this.#players.delete(playerId);
    this.#peak = Math.max(this.#peak, this.#players.size);
  }
}
