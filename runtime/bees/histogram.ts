import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** Times are recorded in microseconds, up to an hour; longer ones count as that. */
const MICROS = 1_000;
const MOST_MICROS = 3_600_000 * MICROS;

/** Durations with two significant digits or better, that add up exactly with those of other processes. */
export class Durations {
  readonly #histogram: Histogram;

  constructor(histogram: Histogram = empty()) {
    this.#histogram = histogram;
  }

  /** @throws when the text is no histogram */
  static decode(text: string): Durations {
    return new Durations(decodeFromCompressedBase64(text, 32, false));
  }

  static merged(encoded: readonly string[]): Durations {
    const sum = new Durations();
    for (const text of encoded) sum.add(Durations.decode(text));
    return sum;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** @param ms in milliseconds */
  record(ms: number): void {
    this.#histogram.recordValue(Math.min(MOST_MICROS, Math.max(0, Math.round(ms * MICROS))));
  }

  add(other: Durations): void {
    this.#histogram.add(other.#histogram);
  }

  /** In milliseconds; 0 when there is none. */
  percentile(percentile: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile) / MICROS;
  }

  /** As text of some hundred bytes. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }
}

function empty(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_MICROS,
    numberOfSignificantValueDigits: 3,
  });
}
