import type { Distribution } from './metrics';

/** Upper bounds of durations, in seconds: 0.1 ms to 10 s, each half as large again or twice as large as the one before. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10,
];

/** Counts values by size, at the price of a few comparisons for each. */
export class Histogram implements Distribution {
  readonly bounds: readonly number[];
  readonly counts: number[];
  #sum = 0;

  /** @param bounds upper bounds of the buckets, growing. */
  constructor(bounds = DURATION_BOUNDS) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get sum(): number {
    return this.#sum;
  }

  /** A value that is no number is not counted. */
  add(value: number): void {
    if (!(value >= 0)) return;
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }
}
