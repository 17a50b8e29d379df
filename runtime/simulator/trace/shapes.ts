/** Players at once as a function of the time of day; the parts that shipped traces are made of. Times in minutes. */
export type Curve = (minute: number) => number;

const DAY = 1_440;

/** A smooth day between two levels: lowest twelve hours from `peakAt`; the larger the exponent, the narrower the peak. */
export function daily(low: number, high: number, peakAt: number, exponent = 1): Curve {
  return (minute) => {
    const height = (1 + Math.cos((2 * Math.PI * (minute - peakAt)) / DAY)) / 2;
    return low + (high - low) * height ** exponent;
  };
}

/** Added players: rises within `rise` minutes from `at`, stays for `hold`, falls within `fall`. */
export function bump(at: number, height: number, rise: number, hold: number, fall: number): Curve {
  return (minute) => {
    const t = minute - at;
    if (t <= 0) return 0;
    if (t < rise) return (height * t) / rise;
    if (t < rise + hold) return height;
    return height * Math.max(0, 1 - (t - rise - hold) / fall);
  };
}

/** The sum of curves. */
export function together(...curves: readonly Curve[]): Curve {
  return (minute) => curves.reduce((sum, curve) => sum + curve(minute), 0);
}
