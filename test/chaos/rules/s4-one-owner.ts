import type { Facts, Violation } from '../facts';
import { only } from '../history';
import { isDead } from './s1-nobody-is-cut-off';

/** How long after the loss of the lease a call may still be on its way, in milliseconds: half a lease, and the observer's period. */
const LATE_MS = 2_000;

/** S4: at most one owner's decisions take effect. */
export function oneOwner(facts: Facts): Violation[] {
  return [
    ...nodesObeyTheNewest(facts),
    ...registryTakesTheNewest(facts),
    ...epochsOnlyGrow(facts),
    ...onlyTheSealedAndTheDeadEnd(facts),
  ];
}

/** Nodes remember the highest epoch that they saw, and refuse older orders. */
function nodesObeyTheNewest({ history }: Facts): Violation[] {
  const violations: Violation[] = [];
  const said = new Map<string, number>();
  const starts = new Map<string, string>();
  for (const entry of history) {
    if (entry.kind !== 'stats' && entry.kind !== 'obeyed') continue;
    const { t, nodeId, epoch, by } = entry;
    if (entry.kind === 'stats') {
      if (starts.get(nodeId) !== entry.startId) said.delete(nodeId);
      starts.set(nodeId, entry.startId);
    }
    const highest = said.get(nodeId) ?? 0;
    if (epoch < highest && entry.kind === 'obeyed') {
      const what = `${nodeId} obeyed ${by} (${entry.order}) under epoch ${epoch} after it had seen ${highest}`;
      violations.push({ rule: 'S4', t, what });
    }
    said.set(nodeId, Math.max(highest, epoch));
  }
  return violations;
}

/**
 * The registry refuses a write under an epoch older than one that it had taken before this write was on its way. An emptied Redis knows no
 * epoch.
 */
function registryTakesTheNewest({ history }: Facts): Violation[] {
  const violations: Violation[] = [];
  const taken = new Map<string, number>();
  /** Of the writes under way, by writer: what had been taken when they began. */
  const before = new Map<string, number[]>();
  for (const entry of history) {
    if (entry.kind === 'fault' && entry.touches.includes('redis')) taken.clear();
    if (entry.kind !== 'writes' && entry.kind !== 'written') continue;
    const { t, by, cluster, epoch } = entry;
    const highest = taken.get(cluster) ?? 0;
    const key = `${by} ${cluster} ${epoch}`;
    const begun = before.get(key) ?? [];
    before.set(key, begun);
    if (entry.kind === 'writes') begun.push(highest);
    else {
      const atBegin = begun.shift() ?? 0;
      if (!entry.taken) continue;
      if (epoch < Math.min(atBegin, highest)) {
        const what = `the registry of ${cluster} took a write of ${by} under epoch ${epoch} after one under ${highest}`;
        violations.push({ rule: 'S4', t, what });
      }
      taken.set(cluster, Math.max(highest, epoch));
    }
  }
  return violations;
}

/** Each change of owner has a higher epoch than any before, whatever became of Redis meanwhile. */
function epochsOnlyGrow({ history }: Facts): Violation[] {
  const violations: Violation[] = [];
  const highest = new Map<string, { readonly epoch: number; readonly owner: string }>();
  for (const { t, cluster, owner, epoch } of only(history, 'lease')) {
    if (owner === null || epoch === null) continue;
    const before = highest.get(cluster);
    if (before !== undefined && (epoch < before.epoch || (epoch === before.epoch && owner !== before.owner))) {
      const what = `${cluster} went to ${owner} under epoch ${epoch} after ${before.owner} had ${before.epoch}`;
      violations.push({ rule: 'S4', t, what });
    }
    if (before === undefined || epoch > before.epoch) highest.set(cluster, { epoch, owner });
  }
  return violations;
}

/** AWS knows no epochs: only sealed or red nodes are terminated. A node that never answered may be given up. */
function onlyTheSealedAndTheDeadEnd(facts: Facts): Violation[] {
  return only(facts.history, 'process').flatMap(({ t, nodeId, what }) => {
    if (what !== 'terminate' && what !== 'unhealthy') return [];
    if (isDead(facts, nodeId, t) || facts.sealedT(nodeId) <= t) return [];
    return { rule: 'S4', t, what: `the end of ${nodeId} was demanded (${what}), which is neither sealed nor silent` };
  });
}

/** S4, of growth: it is asked for by who holds the lease; later only by who was held up meanwhile. */
export function onlyOwnersGrow(facts: Facts): Violation[] {
  const violations: Violation[] = [];
  const held = new Map<string, number>();
  const owners = new Map<string, string>();
  for (const entry of facts.history) {
    if (entry.kind === 'lease') {
      const before = owners.get(entry.cluster);
      if (before !== undefined) held.set(`${entry.cluster} ${before}`, entry.t);
      owners.delete(entry.cluster);
      if (entry.owner !== null) owners.set(entry.cluster, startOf(entry.owner));
    }
    if (entry.kind !== 'fleet' || entry.what !== 'grow') continue;
    const { t, by, cluster } = entry;
    if (owners.get(cluster) === by) continue;
    const lateMs = t - (held.get(`${cluster} ${by}`) ?? Number.NEGATIVE_INFINITY);
    const wasHeldUp = facts.faults(t - LATE_MS, t).some(({ touches }) => touches.includes(by));
    if (lateMs <= LATE_MS + facts.lag(t - LATE_MS, t) || wasHeldUp) continue;
    const what = `${by} made ${cluster} grow to ${entry.size} without holding its lease`;
    violations.push({ rule: 'S4', t, what });
  }
  return violations;
}

/** A lease names the balancer and its start: `balancer-a-4f1c2e/…`. */
function startOf(owner: string): string {
  return owner.split('/')[0] ?? owner;
}
