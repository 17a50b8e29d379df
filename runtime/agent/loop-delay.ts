import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often Node samples, in milliseconds; the samples include it. */
const RESOLUTION_MS = 10;

/** The event loop's delay, 99th percentile, over windows of one second that no reader disturbs. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #lastWindowMs = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#lastWindowMs = this.#currentMs();
      this.#histogram.reset();
    }, 1_000).unref();
  }

  /** The last full window's, or the current one's when that is worse already; in milliseconds. */
  readMs(): number {
    return Math.max(this.#lastWindowMs, this.#currentMs());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #currentMs(): number {
    if (this.#histogram.count === 0) return 0;
    return Math.max(0, this.#histogram.percentile(99) / 1e6 - RESOLUTION_MS);
  }
}
