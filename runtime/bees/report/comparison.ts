import Table from 'cli-table3';
import { STEPS } from '../bee';
import type { RunResult } from '../result';
import { type Summary, summarise } from '../summary';

interface Row {
  readonly what: string;
  readonly of: (summary: Summary) => number;
  readonly unit?: string;
}

const ROWS: readonly Row[] = [
  { what: 'players', of: ({ players }) => players },
  { what: 'finished', of: ({ finished }) => finished },
  { what: 'failed', of: ({ failed }) => failed },
  { what: 'most connected at once', of: ({ peakConcurrent }) => peakConcurrent },
  { what: 'split rooms', of: ({ splitRooms }) => splitRooms },
  { what: 'reconnections', of: ({ reconnects }) => reconnects },
  ...['lobby', 'game'].map((cluster) => ({
    what: `${cluster}: largest node over the mean at the peak`,
    of: ({ atPeak }: Summary) => (atPeak[cluster] === undefined ? 0 : atPeak[cluster].largest / atPeak[cluster].mean),
  })),
  ...STEPS.flatMap((step) => [
    { what: `${step} p50`, of: ({ steps }: Summary) => steps[step].p50Ms, unit: 'ms' },
    { what: `${step} p99`, of: ({ steps }: Summary) => steps[step].p99Ms, unit: 'ms' },
  ]),
  { what: 'relay p50', of: ({ relay }) => relay.p50Ms, unit: 'ms' },
  { what: 'relay p99', of: ({ relay }) => relay.p99Ms, unit: 'ms' },
  { what: 'states received per second', of: ({ messages, seconds }) => messages.received / Math.max(1, seconds) },
];

/** Two runs beside each other, with the change from the first to the second. */
export function compare(before: RunResult, after: RunResult): string {
  const table = new Table({
    head: ['', 'A', 'B', 'change'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right'],
  });
  const [one, other] = [summarise(before), summarise(after)];
  for (const { what, of, unit } of ROWS) {
    const [from, to] = [of(one), of(other)];
    const show = (value: number): string =>
      `${Number.isInteger(value) ? value : value.toFixed(2)}${unit ? ` ${unit}` : ''}`;
    const change =
      from === to ? '' : from === 0 ? 'new' : `${to > from ? '+' : ''}${(((to - from) / from) * 100).toFixed(0)} %`;
    table.push([what, show(from), show(to), change]);
  }
  return table.toString();
}
