import { AwsGroup } from './aws-group';

const MINUTE_MS = 60_000;
const WARM_UP_MS = 5 * MINUTE_MS;
/** Shares of the target, and by how much the group changes above or below them: the example of AWS's user guide. */
const OUT = [
  { above: 1.5, by: 0.3 },
  { above: 1.17, by: 0.1 },
] as const;
const IN = [
  { below: 0.5, by: 0.3 },
  { below: 0.67, by: 0.1 },
] as const;
const HIGH_POINTS = 2;
const LOW_POINTS = 10;

/** Step scaling: the size changes by a fixed share, by how far the average is from the target; what was started counts for five minutes. */
export class StepScaling extends AwsGroup {
  #high = 0;
  #low = 0;
  #changed = { atMs: Number.NEGATIVE_INFINITY, by: 0 };

  protected override size(average: number, _inService: number, size: number, nowMs: number): number {
    const { capacity, target, minimum } = this.options;
    const share = average / (target * capacity);
    const out = OUT.find(({ above }) => share > above);
    const shrink = IN.find(({ below }) => share < below);
    this.#high = out === undefined ? 0 : this.#high + 1;
    this.#low = shrink === undefined ? 0 : this.#low + 1;
    const warming = nowMs - this.#changed.atMs < WARM_UP_MS;
    if (out !== undefined && this.#high >= HIGH_POINTS) {
      // While instances warm up, only a larger step than theirs adds the difference.
      const base = warming ? size - this.#changed.by : size;
      const by = Math.max(1, Math.round(base * out.by));
      if (base + by <= size) return size;
      this.#changed = { atMs: nowMs, by };
      return base + by;
    }
    if (shrink !== undefined && this.#low >= LOW_POINTS && !warming) {
      this.#changed = { atMs: nowMs, by: 0 };
      return Math.max(minimum, size - Math.max(1, Math.floor(size * shrink.by)));
    }
    return size;
  }
}
