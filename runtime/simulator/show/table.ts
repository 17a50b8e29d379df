import Table from 'cli-table3';
import type { Measures } from '../measures';

const COLUMNS: readonly (readonly [string, (measures: Measures) => string])[] = [
  ['node-hours', ({ nodeHours }) => nodeHours.toFixed(1)],
  ['cost', ({ cost }) => cost.toFixed(2)],
  ['node-min over', ({ nodeMinutesOver }) => nodeMinutesOver.toFixed(1)],
  ['conn-min over', ({ connectionMinutesOver }) => connectionMinutesOver.toFixed(0)],
  ['refused', ({ refused }) => String(refused)],
  ['cut off', ({ cutOff }) => String(cutOff)],
  ['launches', ({ launches }) => String(launches)],
];

/** A row per name, for terminals and for documents. */
export function table(rows: readonly (readonly [string, Measures])[]): string {
  const lines = new Table({
    head: ['', ...COLUMNS.map(([head]) => head)],
    colAligns: ['left', ...COLUMNS.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [name, measures] of rows) lines.push([name, ...COLUMNS.map(([, text]) => text(measures))]);
  return lines.toString();
}
