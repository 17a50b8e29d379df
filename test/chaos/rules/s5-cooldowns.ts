import type { Facts, Violation } from '../facts';
import { only } from '../history';

/** Drains of one decision are ordered one after the other within this time, in milliseconds. */
const ONE_STEP_MS = 2_000;
/** Stamps are ages by Redis' clock; between two balancers, what is seen may be off by this, in milliseconds. */
const OFF_MS = 500;
/** How soon after the decision its event is seen, in milliseconds. */
const TOLD_MS = 3_000;

/** S5: cooldowns hold across restarts and fail-overs. The minimum and the emergency need not wait. */
export function cooldownsHold(facts: Facts): Violation[] {
  return [...scaleIns(facts), ...scaleOuts(facts)];
}

/** Two decisions to take nodes away are `inCooldownMs` apart; an order that a fault held up is no decision. */
function scaleIns(facts: Facts): Violation[] {
  const { history, config } = facts;
  const violations: Violation[] = [];
  const draining = new Set<string>();
  const steps = new Map<string, { beganT: number }>();
  for (const entry of history) {
    if (entry.kind === 'obeyed' && entry.order === 'undrain') draining.delete(entry.nodeId);
    if (entry.kind !== 'ordered' || entry.order !== 'drain' || draining.has(entry.nodeId)) continue;
    const { t, nodeId, by } = entry;
    draining.add(nodeId);
    const cluster = facts.clusterOf(nodeId) ?? '';
    const step = steps.get(cluster);
    if (step !== undefined && t - step.beganT <= ONE_STEP_MS) continue;
    const since = t - (step?.beganT ?? Number.NEGATIVE_INFINITY);
    const heldUp = facts.faults(t - config.inCooldownMs, t).length > 0;
    steps.set(cluster, { beganT: t });
    if (since >= config.inCooldownMs - OFF_MS || heldUp) continue;
    const what = `${by} drained ${nodeId} ${Math.round(since)} ms after the scale-in before it in ${cluster}`;
    violations.push({ rule: 'S5', t, what });
  }
  return violations;
}

/** Two orders for more nodes are `outCooldownMs` apart; the same order may be repeated. */
function scaleOuts(facts: Facts): Violation[] {
  const { config } = facts;
  const violations: Violation[] = [];
  const last = new Map<string, { readonly t: number; readonly size: number }>();
  const urgent = only(facts.history, 'event').filter(
    ({ what, reason }) => what === 'scaling-grow' && /^(minimum|emergency):/.test(reason),
  );
  for (const { t, by, cluster, what: kind, size = 0 } of only(facts.history, 'fleet')) {
    if (kind !== 'grow') continue;
    const before = last.get(cluster);
    last.set(cluster, { t, size });
    if (before === undefined || size <= before.size || t - before.t >= config.outCooldownMs - OFF_MS) continue;
    const isUrgent = urgent.some((event) => event.cluster === cluster && Math.abs(event.t - t) < TOLD_MS);
    const wasHeldUp = facts.faults(before.t - config.outCooldownMs, t).length > 0;
    if (isUrgent || wasHeldUp) continue;
    const what = `${by} made ${cluster} grow to ${size}, ${Math.round(t - before.t)} ms after it grew to ${before.size}`;
    violations.push({ rule: 'S5', t, what });
  }
  return violations;
}
