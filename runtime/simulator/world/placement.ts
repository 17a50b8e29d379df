import type { SimNode } from './sim-node';

export type PlacementPolicy = 'spread' | 'pack';

/**
 * The registry's order of nodes, as a heap: `spread` the least loaded first, `pack` the most loaded that has room; among equals
 * the older one. Windows are left out: they bound what is under way within a second, which no tick is short enough to show.
 */
export class Placement {
  readonly #heap: SimNode[] = [];
  readonly #pack: boolean;

  constructor(policy: PlacementPolicy) {
    this.#pack = policy === 'pack';
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Who gets the next player; undefined when nobody takes any. */
  best(): SimNode | undefined {
    return this.#heap[0];
  }

  add(node: SimNode): void {
    node.place = this.#heap.length;
    this.#heap.push(node);
    this.#up(node.place);
  }

  remove(node: SimNode): void {
    const { place } = node;
    if (place < 0) return;
    node.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === node) return;
    this.#heap[place] = last;
    last.place = place;
    this.changed(last);
  }

  /** Its load is another now. */
  changed(node: SimNode): void {
    if (node.place < 0) return;
    this.#up(node.place);
    this.#down(node.place);
  }

  #before(a: SimNode, b: SimNode): boolean {
    const [left, right] = [this.#rank(a), this.#rank(b)];
    return left < right || (left === right && a.index < b.index);
  }

  #rank({ sessions, capacity }: SimNode): number {
    if (!this.#pack) return sessions;
    return sessions < capacity ? -sessions : sessions;
  }

  #up(from: number): void {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfBefore(place, parent)) return;
      place = parent;
    }
  }

  #down(from: number): void {
    for (let place = from; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (this.#isBefore(left, first)) first = left;
      if (this.#isBefore(right, first)) first = right;
      if (first === place) return;
      this.#swapIfBefore(first, place);
      place = first;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    return a !== undefined && b !== undefined && this.#before(a, b);
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [a, b] = [this.#heap[lower], this.#heap[upper]];
    if (a === undefined || b === undefined || !this.#before(a, b)) return false;
    this.#heap[upper] = a;
    this.#heap[lower] = b;
    a.place = upper;
    b.place = lower;
    return true;
  }
}
