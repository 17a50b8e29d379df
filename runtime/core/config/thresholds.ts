/** The average that a change of size aims at, as a share of capacity; and how far from it nothing happens yet. */
const TARGET = 0.85;
const BAND = 0.05;

/**
 * Fills in what is missing of target and thresholds, so that each can be given alone; leaves anything that it does not understand
 * for the schema to refuse.
 */
export function fillThresholds(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const average = 'average' in input ? input.average : {};
  if (typeof average !== 'object' || average === null) return input;
  if ('rule' in average && average.rule !== 'utilization') return input;
  const given = (key: string): number | undefined => {
    const value: unknown = Reflect.get(average, key);
    return typeof value === 'number' ? value : undefined;
  };
  const target = given('target') ?? Math.min(TARGET, (given('outAbove') ?? 1) - BAND);
  const filled = {
    target: round(target),
    outAbove: round(Math.min(1, target + BAND)),
    inBelow: round(Math.max(0, target - BAND)),
  };
  return { ...input, average: { ...filled, ...average } };
}

/** 0.85 + 0.05 is a hair less than 0.9. */
function round(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}
