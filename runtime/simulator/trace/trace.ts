/** One line of a trace. Between two lines, counts are interpolated and rates stay. */
export interface TraceRow {
  /** Milliseconds from the start of the trace. */
  readonly atMs: number;
  /** Players at once (`concurrent`), or players that come until the next line (`arrivals`). */
  readonly count: number;
  /** How long who comes stays on average, in milliseconds; null: as the run says. */
  readonly stayMs: number | null;
}

/** Demand over time, before any randomness. */
export interface Trace {
  readonly name: string;
  /** What the counts are; `players`: each line is one player, who stays for exactly `stayMs`. */
  readonly kind: 'concurrent' | 'arrivals' | 'players';
  /** Unix milliseconds of the first line: windows of time and the forecast by the time of day go by it. */
  readonly startMs: number;
  /** In order of time; at least two. */
  readonly rows: readonly TraceRow[];
}

/** A trace that cannot be read: the message names the place and the remedy. */
export class BadTrace extends Error {
  override readonly name = 'BadTrace';
}

/** How long it lasts, in milliseconds: the last line counts as long as the one before it. */
export function lengthMs({ kind, rows }: Trace): number {
  const last = rows.at(-1)?.atMs ?? 0;
  const beforeMs = rows.at(-2)?.atMs ?? 0;
  return kind === 'players' ? last : last + (last - beforeMs);
}
