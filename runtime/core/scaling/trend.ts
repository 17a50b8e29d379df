/** Fewer points than this look like a trend by mere noise. */
const MIN_POINTS = 8;

interface Point {
  readonly atMs: number;
  readonly load: number;
}

/**
 * Theil–Sen: the median of the slopes between all pairs of points. A quarter of the points may be wild without effect on it
 * (https://en.wikipedia.org/wiki/Theil–Sen_estimator). `rising` is the share of pairs that rise: one half in pure noise, one in
 * a steady climb. Null with fewer than eight points. Takes n² time; n is a few dozen.
 */
export function trendOf(points: readonly Point[]): { perMs: number; rising: number } | null {
  if (points.length < MIN_POINTS) return null;
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let pairs = 0;
  let rising = 0;
  for (const [j, b] of points.entries()) {
    for (const a of points.slice(0, j)) {
      const slope = (b.load - a.load) / (b.atMs - a.atMs);
      if (slope > 0) rising += 1;
      slopes[pairs++] = slope;
    }
  }
  slopes.sort();
  const perMs = ((slopes[(pairs - 1) >> 1] ?? 0) + (slopes[pairs >> 1] ?? 0)) / 2;
  return { perMs, rising: rising / pairs };
}
