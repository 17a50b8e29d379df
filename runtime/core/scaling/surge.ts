interface Point {
  readonly atMs: number;
  readonly load: number;
}

/** Points that rise without a break before it is called a surge; one wild value is two. */
const LEAST_POINTS = 3;
/** A rise is no noise when it is more than so many standard deviations of a random crowd, and than this share of the load. */
const DEVIATIONS = 4;
const SHARE = 0.03;

/**
 * How fast the load rises right now, in players per millisecond; 0 when it does not, or not beyond doubt. Sees within seconds what a
 * robust trend over minutes takes a minute to believe.
 *
 * @param points oldest first; the newest is of this moment.
 * @param withinMs only points that are at most so old count, in milliseconds.
 */
export function surgeOf(points: readonly Point[], withinMs: number): number {
  const now = points.at(-1);
  if (now === undefined) return 0;
  let first = points.length - 1;
  for (let before = first - 1; before >= 0; before--) {
    const [point, next] = [points[before], points[before + 1]];
    if (point === undefined || next === undefined || now.atMs - point.atMs > withinMs || point.load >= next.load) break;
    first = before;
  }
  const start = points[first];
  if (start === undefined || points.length - first < LEAST_POINTS) return 0;
  const rise = now.load - start.load;
  const beyondDoubt = rise > Math.max(DEVIATIONS * Math.sqrt(now.load), SHARE * now.load);
  return beyondDoubt ? rise / (now.atMs - start.atMs) : 0;
}

/** How fast it has risen over the last `withinMs`, noise or not; 0 when it has not. */
export function climbOf(points: readonly Point[], withinMs: number): number {
  const now = points.at(-1);
  const start = now && points.find(({ atMs }) => now.atMs - atMs <= withinMs);
  if (now === undefined || start === undefined || start.atMs >= now.atMs) return 0;
  return Math.max(0, (now.load - start.load) / (now.atMs - start.atMs));
}
