/** Players at once over time. */
export interface Curve {
  /** Ascending in time; the first one at 0. */
  readonly points: readonly { readonly atMs: number; readonly players: number }[];
}

/** Reads `SECOND:PLAYERS,…`, e.g. `0:40,60:800,120:40`. @throws with what is wrong */
export function parseCurve(text: string): Curve {
  const points = text.split(',').map((part) => {
    const [, second, players] = /^(\d+(?:\.\d+)?):(\d+)$/.exec(part.trim()) ?? [];
    if (second === undefined || players === undefined) throw new Error(`"${part}" is not SECOND:PLAYERS`);
    return { atMs: Number(second) * 1_000, players: Number(players) };
  });
  points.forEach(({ atMs }, i) => {
    const before = points[i - 1];
    if (before === undefined ? atMs !== 0 : atMs <= before.atMs) {
      throw new Error('the seconds must begin with 0 and rise');
    }
  });
  if (points.length < 2) throw new Error('two points are needed at least');
  return { points };
}

/** How many players there are to be; null when the curve is over. Straight between two points. */
export function playersAt({ points }: Curve, atMs: number): number | null {
  for (const [i, to] of points.entries()) {
    const from = points[i - 1];
    if (from === undefined || atMs >= to.atMs) continue;
    const share = (atMs - from.atMs) / (to.atMs - from.atMs);
    return Math.round(from.players + share * (to.players - from.players));
  }
  return null;
}
