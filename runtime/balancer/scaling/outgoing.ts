interface Node {
  readonly nodeId: string;
  readonly version: string;
}

/** Which nodes a rolling replacement will end: they do not run what they should, or an operator wants them replaced. */
export class Outgoing {
  /** What each cluster's nodes are to run; null where the fleet does not say. */
  readonly #wanted = new Map<string, string | null>();
  readonly #toReplace: (cluster: string) => readonly string[];

  /** @param toReplace nodes that operators want replaced. */
  constructor(toReplace: (cluster: string) => readonly string[]) {
    this.#toReplace = toReplace;
  }

  /** The fleet said what the nodes of the cluster are to run. */
  heard(cluster: string, wantedVersion: string | null): void {
    this.#wanted.set(cluster, wantedVersion);
  }

  includes(cluster: string, { nodeId, version }: Node): boolean {
    const wanted = this.#wanted.get(cluster) ?? null;
    return wanted !== null && (version !== wanted || this.#toReplace(cluster).includes(nodeId));
  }
}
