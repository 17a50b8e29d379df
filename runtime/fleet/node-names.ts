import type { NodeRecord, Records } from './aws-records';

/** A node that is to have a name. */
export interface Named {
  readonly nodeId: string;
  /** What the name stands for: its public DNS name, or its address. */
  readonly target: string;
  /** Unix time in milliseconds. */
  readonly launchedAtMs: number;
}

interface NodeNamesOptions {
  readonly domain: string;
  readonly records: Pick<Records, 'list' | 'upsert' | 'remove' | 'isInSync'>;
  /** Which of these instances exist. */
  readonly existing: (nodeIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Something failed, and is tried again. */
  readonly onFailure: (error: unknown) => void;
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** Route 53 is asked at most this often, in milliseconds: two balancers stay far below the account's 5 calls a second. */
const WORK_MS = 2_000;
/** Most names of one change. */
const BATCH = 500;
/** A node that is older than this, in milliseconds, had its name before we started, and has it also while Route 53 takes no orders. */
const SETTLED_MS = 180_000;
/** Names whose node is gone are looked for this often, in milliseconds, and removed when it was gone twice in a row. */
const SWEEP_MS = 300_000;
/** A change of which nothing is heard for so long, in milliseconds, is made anew; most are known everywhere within a minute. */
const GIVE_UP_MS = 600_000;
/** What EC2 calls an instance: no other name is ever removed. */
const INSTANCE = /^i-[0-9a-f]{8,17}$/;

/**
 * Gives nodes names: `ID.DOMAIN`. Each balancer writes them itself, as writing the same twice does no harm; a name is told only once
 * all name servers know it, as whoever asks too early would be told for minutes that there is none.
 */
export class NodeNames {
  readonly #options: NodeNamesOptions;
  readonly #wanted = new Map<string, readonly Named[]>();
  /** Names that are known everywhere, and what they stand for. */
  readonly #known = new Map<string, string>();
  #changes: readonly { readonly id: string; readonly records: readonly NodeRecord[]; readonly atMs: number }[] = [];
  #working = false;
  #workedMs = Number.NEGATIVE_INFINITY;
  #sweptMs: number;
  /** Names without a node at the last sweep. */
  #orphans: ReadonlySet<string> = new Set();

  constructor(options: NodeNamesOptions) {
    this.#options = options;
    this.#sweptMs = options.nowMs();
  }

  /** The nodes that `group` has now. Begins to see to their names; the next calls go on with it. */
  want(group: string, nodes: readonly Named[]): void {
    this.#wanted.set(group, nodes);
    const { nowMs } = this.#options;
    if (this.#working || nowMs() - this.#workedMs < WORK_MS) return;
    this.#workedMs = nowMs();
    this.#working = true;
    this.#work()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#working = false;
      });
  }

  /** The node's name; null while it is not known everywhere. */
  of({ nodeId, target, launchedAtMs }: Named): string | null {
    const name = this.#name(nodeId);
    const old = this.#options.wallMs() - launchedAtMs > SETTLED_MS;
    return old || this.#known.get(name) === target ? name : null;
  }

  #name(nodeId: string): string {
    return `${nodeId}.${this.#options.domain}`;
  }

  async #work(): Promise<void> {
    const { records, nowMs } = this.#options;
    this.#changes = this.#changes.filter(({ atMs }) => nowMs() - atMs < GIVE_UP_MS);
    for (const change of this.#changes) {
      if (!(await records.isInSync(change.id))) continue;
      for (const { name, target } of change.records) this.#known.set(name, target);
      this.#changes = this.#changes.filter((each) => each !== change);
    }
    const missing = this.#missing().slice(0, BATCH);
    if (missing.length > 0) {
      const id = await records.upsert(missing);
      this.#changes = [...this.#changes, { id, records: missing, atMs: nowMs() }];
    }
    if (nowMs() - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs();
    await this.#sweep();
  }

  #missing(): NodeRecord[] {
    const underWay = new Map(this.#changes.flatMap(({ records }) => records.map(({ name, target }) => [name, target])));
    return this.#all()
      .map(({ nodeId, target }) => ({ name: this.#name(nodeId), target }))
      .filter(({ name, target }) => this.#known.get(name) !== target && underWay.get(name) !== target);
  }

  async #sweep(): Promise<void> {
    const { domain, records, existing } = this.#options;
    const idOf = ({ name }: NodeRecord) => name.slice(0, -domain.length - 1);
    const wanted = new Set(this.#all().map(({ nodeId }) => nodeId));
    const strange = (await records.list()).filter((record) => INSTANCE.test(idOf(record)) && !wanted.has(idOf(record)));
    const alive = strange.length === 0 ? new Set<string>() : await existing(strange.map(idOf));
    const orphans = strange.filter((record) => !alive.has(idOf(record)));
    const removed = orphans.filter(({ name }) => this.#orphans.has(name)).slice(0, BATCH);
    this.#orphans = new Set(orphans.map(({ name }) => name));
    if (removed.length > 0) await records.remove(removed);
    for (const { name } of removed) this.#known.delete(name);
  }

  #all(): readonly Named[] {
    return [...this.#wanted.values()].flat();
  }
}
