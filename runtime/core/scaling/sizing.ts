import type { AverageRule, LadderRule, ProportionalRule } from '../config/average';
import type { Census } from './census';

/** Guards round-off: 130 / 0.65 is a hair over 200. */
const EPSILON = 1e-9;

/** What the load is measured against: what the nodes can hold, or just their number. */
function units(rule: AverageRule, census: Census): { open: number; perNew: number; largest: number; total: number } {
  const byCapacity = rule.rule === 'utilization';
  const perNew = byCapacity ? census.newCapacity : 1;
  let open = 0;
  let largest = perNew;
  for (const node of census.open) {
    const unit = byCapacity ? node.capacity : 1;
    open += unit;
    if (unit > largest) largest = unit;
  }
  return { open, perNew, largest, total: open + census.coming * perNew };
}

/** Load over capacity (`utilization`), or per node; what is coming counts as there. Infinite when there are no nodes at all. */
export function averageLoad(load: number, rule: AverageRule, census: Census): number {
  const { total } = units(rule, census);
  return total > 0 ? load / total : load > 0 ? Number.POSITIVE_INFINITY : 0;
}

/** The smallest number of nodes with which the average is at most the target; never shrinks by more than it is sure of. */
export function proportionalSize(load: number, rule: ProportionalRule, census: Census): number {
  const { total, perNew, largest } = units(rule, census);
  const missing = load / rule.target - total;
  return missing > 0
    ? census.have + Math.ceil(missing / perNew - EPSILON)
    : census.have - Math.floor(-missing / largest + EPSILON);
}

/** The size to grow to for this load, 0 when it is no reason to grow. */
export function outSize(load: number, rule: AverageRule, census: Census): number {
  const average = averageLoad(load, rule, census);
  if (rule.rule === 'ladder') {
    return average >= rule.outAt || census.have <= rule.outAtNodes ? ladderUp(rule, census.have) : 0;
  }
  return average > rule.outAbove ? proportionalSize(load, rule, census) : 0;
}

/** The size that it is safe to shrink to with this load; today's when there is no reason to shrink. */
export function inSize(load: number, rule: AverageRule, census: Census): number {
  const average = averageLoad(load, rule, census);
  if (rule.rule === 'ladder') return average <= rule.inAt ? ladderDown(rule, census.have) : census.have;
  return average < rule.inBelow ? Math.min(census.have, proportionalSize(load, rule, census)) : census.have;
}

/** The smallest size with which this load is no reason to grow. */
export function floorSize(load: number, rule: AverageRule, census: Census): number {
  if (rule.rule === 'ladder') return Math.max(rule.outAtNodes, Math.floor(load / rule.outAt)) + 1;
  return proportionalSize(load, { ...rule, target: rule.outAbove }, census);
}

function ladderUp(rule: LadderRule, have: number): number {
  return rule.out.find((step) => have <= step.upTo)?.size ?? have;
}

function ladderDown(rule: LadderRule, have: number): number {
  return rule.in.find((step) => have > step.above)?.size ?? have;
}
