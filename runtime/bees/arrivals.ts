import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** When a player comes, in milliseconds after the start; and how long it plays, if that is its own. */
export interface Arrival {
  readonly atMs: number;
  readonly playMs: number | null;
}

/** A stretch of time in which players arrive evenly. */
interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly players: number;
  readonly playMs: number | null;
}

const MOST_PLAYERS = 1_000_000;

/** So many players, evenly over this time. */
export function ramp(players: number, overMs: number): Arrival[] {
  return spread([{ fromMs: 0, untilMs: overMs, players, playMs: null }]);
}

/**
 * Reads `SECOND:PER_SECOND,…`: from this second on so many players a second, until the next; the last entry ends it, with 0. E.g.
 * `0:10,30:50,60:0`. @throws with what is wrong
 */
export function parseSteps(text: string): Arrival[] {
  const steps = text.split(',').map((part) => {
    const [, second, perSecond] = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
    if (second === undefined || perSecond === undefined) throw new Error(`"${part}" is not SECOND:PER_SECOND`);
    return { atMs: Number(second) * 1_000, perSecond: Number(perSecond) };
  });
  if (steps.length < 2 || steps.at(-1)?.perSecond !== 0) throw new Error('the last entry must end it, with 0');
  checkRising(steps.map(({ atMs }) => atMs));
  return spread(
    steps.slice(0, -1).map(({ atMs, perSecond }, i) => {
      const untilMs = steps[i + 1]?.atMs ?? atMs;
      return { fromMs: atMs, untilMs, players: Math.round((perSecond * (untilMs - atMs)) / 1_000), playMs: null };
    }),
  );
}

const Row = z.object({
  second: z.coerce.number('must be a number of seconds').min(0),
  players: z.coerce.number('must be a number of players').int().min(0),
  play: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === '' ? null : Number(text) * 1_000))
    .refine((ms) => ms === null || ms >= 0, 'must be a number of seconds'),
});

/** The last row's players come within this time, in milliseconds. */
const LAST_MS = 1_000;

/**
 * Reads a trace: CSV with the columns `second` and `players`, and if wanted `play`: so many players arrive evenly from this second until
 * that of the next row (those of the last row within a second), and play for so many seconds. @throws with line and what is wrong
 */
export function parseTrace(csv: string): Arrival[] {
  const records: unknown = parse(csv, { columns: true, trim: true, skip_empty_lines: true, bom: true });
  const rows = z
    .array(z.unknown())
    .parse(records)
    .map((record, i) => {
      const row = Row.safeParse(record);
      if (row.success) return { ...row.data, atMs: row.data.second * 1_000 };
      const [mistake] = row.error.issues;
      throw new Error(
        `line ${i + 2}: ${mistake?.path.join('.')} ${mistake?.message}; the columns are second,players[,play]`,
      );
    });
  if (rows.length === 0) throw new Error('it has no rows; the columns are second,players[,play]');
  checkRising(rows.map(({ atMs }) => atMs));
  return spread(
    rows.map(({ atMs, players, play }, i) => ({
      fromMs: atMs,
      untilMs: rows[i + 1]?.atMs ?? atMs + LAST_MS,
      players,
      playMs: play,
    })),
  );
}

/**
 * The part of process `index` of `count`. Whole rooms are dealt out in turn, so that each process has its share of every moment, and
 * no more than one of them has a room that is not full.
 */
export function share<T>(all: readonly T[], index: number, count: number): T[] {
  const roomful = 4;
  return all.filter((_, i) => Math.floor(i / roomful) % count === index);
}

function spread(stretches: readonly Stretch[]): Arrival[] {
  const players = stretches.reduce((sum, stretch) => sum + stretch.players, 0);
  if (players > MOST_PLAYERS) throw new Error(`${players} players are more than ${MOST_PLAYERS}`);
  return stretches.flatMap((stretch) =>
    Array.from({ length: stretch.players }, (_, i) => ({
      atMs: stretch.fromMs + ((stretch.untilMs - stretch.fromMs) * i) / stretch.players,
      playMs: stretch.playMs,
    })),
  );
}

function checkRising(times: readonly number[]): void {
  if (times.some((time, i) => i > 0 && time <= (times[i - 1] ?? 0))) throw new Error('the seconds must rise');
}
