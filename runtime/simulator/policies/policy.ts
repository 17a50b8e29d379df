import type { Cluster } from '../world/cluster';

/** Writes down what was decided, for the plot. */
export type Note = (kind: string, text: string) => void;

/** A way to size a cluster. One is made for each run, as it remembers. */
export interface Policy {
  /** Whether a full node refuses players; else it takes more than it should. */
  readonly refuse: boolean;
  /** Nodes wanted at the beginning, for this many players. */
  first(players: number): number;
  /** Called each second, after the cluster's own step. */
  step(cluster: Cluster, note: Note): void;
}
