import type { SeenRoom } from './bee';

interface Entry {
  readonly size: number;
  /** Of each generation the first node that a member named. */
  readonly nodes: Map<number, string>;
  finished: number;
  split: boolean;
}

/** Rooms that are followed at once; of more, the oldest are forgotten (members outside this run never tell that they finished). */
const MOST_FOLLOWED = 50_000;

/**
 * What members, each on its own, saw of their rooms. A room is split when two members were in it on different nodes within one
 * generation; a new generation is a new node for all, after the death of the old one.
 */
export class Rooms {
  readonly #followed = new Map<string, Entry>();
  readonly #sizes = new Map<number, number>();
  #finished = 0;
  #split = 0;

  /** Rooms in which at least one member finished. */
  get finished(): number {
    return this.#finished;
  }

  get split(): number {
    return this.#split;
  }

  /** Finished rooms by number of members. */
  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#sizes);
  }

  /** A member saw its room complete on a node. */
  seen({ roomId, size, gen, nodeId }: SeenRoom): void {
    const entry = this.#follow(roomId, size);
    const first = entry.nodes.get(gen);
    if (first === undefined) entry.nodes.set(gen, nodeId);
    else if (first !== nodeId && !entry.split) {
      entry.split = true;
      this.#split += 1;
    }
  }

  /** A member has finished. */
  finish(roomId: string): void {
    const entry = this.#followed.get(roomId);
    if (entry === undefined) return;
    entry.finished += 1;
    if (entry.finished === 1) {
      this.#finished += 1;
      this.#sizes.set(entry.size, (this.#sizes.get(entry.size) ?? 0) + 1);
    }
    if (entry.finished >= entry.size) this.#followed.delete(roomId);
  }

  #follow(roomId: string, size: number): Entry {
    const known = this.#followed.get(roomId);
    if (known !== undefined) return known;
    const entry: Entry = { size, nodes: new Map(), finished: 0, split: false };
    this.#followed.set(roomId, entry);
    for (const oldest of this.#followed.keys()) {
      if (this.#followed.size <= MOST_FOLLOWED) break;
      this.#followed.delete(oldest);
    }
    return entry;
  }
}
