import type { Facts, Violation } from '../facts';
import { only } from '../history';

/** What the node last said of its sessions counts for this long, in milliseconds: two polls. */
const FRESH_MS = 2_000;

/**
 * An order to who runs the processes may be under way this long, in milliseconds: it ends with half a lease. Who answers meanwhile comes
 * too late.
 */
const UNDER_WAY_MS = 1_500;

/**
 * S1: no answering node with a session or an unexpired reservation is terminated by us. A silent one is terminated only after
 * `redAfter` of silence towards both balancers.
 */
export function nobodyIsCutOff(facts: Facts): Violation[] {
  return only(facts.history, 'process').flatMap((entry) => {
    if (entry.what !== 'terminate' && entry.what !== 'unhealthy') return [];
    const { t, nodeId } = entry;
    if (isDead(facts, nodeId, t)) return [];
    const stats = facts.lastStats(nodeId, t);
    const quietMs = Math.round(t - facts.lastHeard(nodeId, t));
    const there = facts.places.filter((place) => place.nodeId === nodeId && place.fromT <= t && place.untilT > t);
    const who = there.slice(0, 4).map(({ playerId }) => playerId);
    const end = `the end of ${nodeId}, which had answered ${quietMs} ms before, was demanded (${entry.what})`;
    if (there.length > 0) {
      return { rule: 'S1', t, what: `${end} while ${there.length} players had a place there: ${who.join(', ')}` };
    }
    if (stats !== undefined && stats.sessions > 0 && t - stats.t < FRESH_MS) {
      return { rule: 'S1', t, what: `${end} although it said to have ${stats.sessions} sessions` };
    }
    return [];
  });
}

/** Silent towards both balancers for `redAfter`, now or when the decision was on its way. */
export function isDead(facts: Facts, nodeId: string, t: number): boolean {
  return wasDead(facts, nodeId, t - UNDER_WAY_MS - facts.lag(t - UNDER_WAY_MS, t), t);
}

/** Whether it was at some time between. Silence is counted in polls, so the last answer may be two older or younger. */
export function wasDead(facts: Facts, nodeId: string, fromT: number, toT: number): boolean {
  const { redAfterMs, pollMs } = facts.config;
  const leastMs = redAfterMs - 2 * pollMs;
  return facts.longestSilence(nodeId, fromT - leastMs, toT) >= leastMs;
}
