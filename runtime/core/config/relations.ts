import { z } from 'zod';
import { PLAYERS } from '../snapshot';

/**
 * What must hold between fields. Runs also when single fields are wrong, so that one parse finds all mistakes; hence nothing
 * here relies on a field's type.
 */
type Path = (string | number)[];
type Report = (path: Path, message: string) => void;

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function items(value: unknown, path: Path): unknown[] {
  const list = at(value, path);
  return Array.isArray(list) ? list : [];
}

/** `left` must be below `right` (or equal, with `orEqual`); silent unless both are numbers. */
function below(value: unknown, report: Report, left: Path, right: Path, orEqual = false): void {
  const [a, b] = [at(value, left), at(value, right)];
  if (typeof a !== 'number' || typeof b !== 'number' || a < b || (orEqual && a === b)) return;
  report(left, `must be ${orEqual ? 'at most' : 'less than'} ${right.join('.')} (${b}), is ${a}`);
}

function ordered(value: unknown, report: Report, path: Path, key: string, direction: 1 | -1): void {
  const steps = items(value, path).map((step) => at(step, [key]));
  for (let i = 1; i < steps.length; i++) {
    const [a, b] = [steps[i - 1], steps[i]];
    if (typeof a === 'number' && typeof b === 'number' && (b - a) * direction <= 0) {
      report([...path, i, key], `must be ${direction === 1 ? 'more' : 'less'} than the step before (${a}), is ${b}`);
    }
  }
}

function windows(value: unknown, report: Report, path: Path): void {
  items(value, path).forEach((window, i) => {
    const from = at(window, ['from']);
    if (typeof from === 'string' && from === at(window, ['to'])) {
      report([...path, i, 'to'], `must differ from "from"; for a whole day write 00:00 to 24:00`);
    }
    if (from === '24:00') report([...path, i, 'from'], 'must be before 24:00; a day begins at 00:00');
  });
}

/** What a node can hold is known in players only. */
function measurable(value: unknown, report: Report): void {
  const metric = at(value, ['metric']);
  if (typeof metric !== 'string' || metric === PLAYERS || at(value, ['average', 'rule']) !== 'utilization') return;
  report(
    ['average', 'rule'],
    `must be per-node or ladder with the metric "${metric}": capacity, which utilization goes by, is in players`,
  );
}

/** Filled by players, nodes may be over the target of a rule that does not go by what they can hold. */
function consolidable(value: unknown, report: Report): void {
  const rule = at(value, ['average', 'rule']);
  if (typeof at(value, ['consolidate']) !== 'number' || typeof rule !== 'string' || rule === 'utilization') return;
  report(
    ['consolidate'],
    `must be null with average.rule "${rule}": it fills nodes to their capacity, which only utilization goes by`,
  );
}

function relations(value: unknown, report: Report): void {
  measurable(value, report);
  consolidable(value, report);
  below(value, report, ['minimum'], ['maximum'], true);
  below(value, report, ['bootMs'], ['bootLimitMs']);
  below(value, report, ['average', 'inBelow'], ['average', 'target']);
  below(value, report, ['average', 'target'], ['average', 'outAbove']);
  below(value, report, ['average', 'inAt'], ['average', 'outAt']);
  ordered(value, report, ['average', 'out'], 'upTo', 1);
  ordered(value, report, ['average', 'in'], 'above', -1);
  items(value, ['average', 'out']).forEach((_, i) => {
    below(value, report, ['average', 'out', i, 'upTo'], ['average', 'out', i, 'size']);
  });
  items(value, ['average', 'in']).forEach((_, i) => {
    below(value, report, ['average', 'in', i, 'size'], ['average', 'in', i, 'above'], true);
  });
  items(value, ['schedule']).forEach((_, i) => {
    below(value, report, ['schedule', i, 'atLeast'], ['maximum'], true);
  });
  windows(value, report, ['schedule']);
  windows(value, report, ['in', 'windows']);
}

/** The relations as a zod check: for each that does not hold, an issue at the field to change. */
export const checkRelations = z.superRefine<unknown>(
  (value, context) => relations(value, (path, message) => context.addIssue({ code: 'custom', path, message })),
  { when: () => true },
);
