import { CsvError, type InfoRecord, parse } from 'csv-parse/sync';
import { BadTrace, type Trace, type TraceRow } from './trace';

/** Monday; a trace that counts in seconds begins here. */
export const DEFAULT_START_MS = Date.parse('2024-01-01T00:00:00Z');

const COLUMNS = ['time', 'concurrent', 'arrivals', 'stay_seconds'];
const HEADER = 'time,concurrent or time,arrivals, each with stay_seconds or without; or time,stay_seconds';
/** So that a mistake in the unit is noticed: a year, and as many players as no fleet has. */
const LONGEST_SECONDS = 366 * 86_400;
const MOST_PLAYERS = 10_000_000;

interface Line {
  readonly number: number;
  readonly values: readonly string[];
}

/**
 * Reads a trace: a header, then a line per time. `time` is in seconds from the start, or ISO 8601 with a zone; ascending.
 * Lines that begin with `#` are comments.
 *
 * @throws BadTrace with file, line and column.
 */
export function parseTrace(text: string, name: string): Trace {
  const [header, ...lines] = linesOf(text, name);
  if (header === undefined) throw new BadTrace(`${name}: is empty; a header is needed: ${HEADER}`);
  const columns = header.values.map((column) => column.trim().toLowerCase());
  const kind = kindOf(columns, `${name}:${header.number}`);
  const cell = (line: Line, column: string): Cell => {
    const index = columns.indexOf(column);
    return { text: (line.values[index] ?? '').trim(), place: `${name}:${line.number}:${column}` };
  };
  const absolute = lines[0] !== undefined && !isPlain(cell(lines[0], 'time').text);
  const startMs = absolute && lines[0] !== undefined ? isoMs(cell(lines[0], 'time')) : DEFAULT_START_MS;
  const rows = lines.map((line): TraceRow => {
    const time = cell(line, 'time');
    const atMs = absolute ? isoMs(time) - startMs : 1000 * numeric(time, LONGEST_SECONDS, 'seconds');
    const stay = columns.includes('stay_seconds') ? cell(line, 'stay_seconds') : null;
    const stayMs =
      stay === null || (stay.text === '' && kind !== 'players')
        ? null
        : 1000 * numeric(stay, LONGEST_SECONDS, 'seconds', 0.001);
    const count = kind === 'players' ? 1 : numeric(cell(line, kind), MOST_PLAYERS, 'players');
    return { atMs, count, stayMs };
  });
  for (const [i, row] of rows.entries()) {
    const before = rows[i - 1];
    if (before === undefined || row.atMs > before.atMs || (kind === 'players' && row.atMs === before.atMs)) continue;
    throw new BadTrace(`${name}:${lines[i]?.number}:time: must be later than the line before`);
  }
  if (rows.length < 2) throw new BadTrace(`${name}: at least two lines after the header are needed`);
  if ((rows.at(-1)?.atMs ?? 0) > 1000 * LONGEST_SECONDS) throw new BadTrace(`${name}: is longer than a year`);
  return { name, kind, startMs, rows };
}

interface Cell {
  readonly text: string;
  readonly place: string;
}

function linesOf(text: string, name: string): Line[] {
  try {
    const lines: Line[] = [];
    parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      skip_empty_lines: true,
      on_record: (values: string[], { lines: number }: InfoRecord) => {
        lines.push({ number, values });
        return null;
      },
    });
    return lines;
  } catch (error) {
    if (error instanceof CsvError) throw new BadTrace(`${name}: ${error.message}`);
    throw error;
  }
}

function kindOf(columns: readonly string[], place: string): Trace['kind'] {
  const unknown = columns.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined)
    throw new BadTrace(`${place}: the column "${unknown}" is unknown; the header is ${HEADER}`);
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new BadTrace(`${place}: the column "${twice}" is there twice`);
  const has = (column: string): boolean => columns.includes(column);
  if (!has('time') || (has('concurrent') && has('arrivals'))) {
    throw new BadTrace(`${place}: the header must be ${HEADER}`);
  }
  if (has('concurrent')) return 'concurrent';
  if (has('arrivals')) return 'arrivals';
  if (has('stay_seconds')) return 'players';
  throw new BadTrace(`${place}: the header must be ${HEADER}`);
}

function isPlain(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}

function numeric({ text, place }: Cell, most: number, unit: string, least = 0): number {
  const value = Number(text);
  if (isPlain(text) && value >= least && value <= most) return value;
  throw new BadTrace(`${place}: must be a number from ${least} to ${most} (${unit}), is ${JSON.stringify(text)}`);
}

function isoMs({ text, place }: Cell): number {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new BadTrace(`${place}: must be a time as 2024-01-01T18:00:00Z, with a zone, is ${JSON.stringify(text)}`);
}
