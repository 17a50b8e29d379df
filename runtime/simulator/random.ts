import { seededRandom } from '../core/random';

/** How stay times are spread around their mean; `lognormal` has the long tail that games and chats show. */
export type Shape = 'exponential' | 'lognormal' | 'fixed';
export const SHAPES: readonly Shape[] = ['exponential', 'lognormal', 'fixed'];

/** Of the logarithm; the mean is 1.65 times the median. */
const SIGMA = 1;

/** Repeatable random quantities; the same seed gives the same sequence. */
export class Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A number of this mean, never negative. */
  around(mean: number, shape: Shape): number {
    if (shape === 'fixed') return mean;
    if (shape === 'exponential') return -mean * Math.log(1 - this.next());
    return mean * Math.exp(SIGMA * this.normal() - SIGMA ** 2 / 2);
  }

  /** Mean 0, standard deviation 1 (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** How many of many rare events happen, when this many do on average. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count += 1;
    return count;
  }
}
