import type { SimNode } from './sim-node';

/** Behind every node with a smaller load: spare nodes, and behind these, where full nodes refuse, full ones. */
const SPARE_RANK = 1e7;
const FULL_RANK = 1e8;

/**
 * The registry's order of nodes, as a heap: the least loaded first, spare ones last, among equals the older one. Windows are left out: they
 * bound what is under way within a second, which no tick is short enough to show.
 */
export class Placement {
  readonly #heap: SimNode[] = [];
  readonly #refuse: boolean;

  /** @param refuse whether full nodes take nobody. */
  constructor(refuse: boolean) {
    this.#refuse = refuse;
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

  #rank({ sessions, capacity, spare }: SimNode): number {
    const full = this.#refuse && sessions >= capacity;
    return sessions + (spare ? SPARE_RANK : 0) + (full ? FULL_RANK : 0);
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
