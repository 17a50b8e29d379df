/** Refusals are gathered for this long before they are told, in milliseconds. */
const GATHER_MS = 200;

/** Joins that this balancer refused for lack of room, told to who owns the cluster: the other balancer, perhaps. */
export class Refusals {
  readonly #tell: (cluster: string, count: number) => Promise<void>;
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param tell may reject: then these are not heard of, but more will follow while there is no room. */
  constructor(tell: (cluster: string, count: number) => Promise<void>) {
    this.#tell = tell;
  }

  note(cluster: string): void {
    this.#counts.set(cluster, (this.#counts.get(cluster) ?? 0) + 1);
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    for (const [cluster, count] of this.#counts) this.#tell(cluster, count).catch(() => {});
    this.#counts.clear();
  }
}
