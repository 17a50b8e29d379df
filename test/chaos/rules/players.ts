import type { Facts, Violation } from '../facts';
import { type Of, only } from '../history';

/** After the end of a fault its effects may last this long, in milliseconds: rooms start again, queues fill, clients wait. */
const AFTERMATH_MS = 30_000;
/** Pings that tell of a loss, in milliseconds. */
const NOTICE_MS = 15_000;

/** Held up for so long within that time, we may have missed pings ourselves, in milliseconds. */
const STARVED_MS = 2_000;

/** What every request of a player may go through. */
const SERVICE = ['balancer-a', 'balancer-b', 'redis'];

interface Way {
  readonly beganT: number;
  /** Nodes that the player was sent to. */
  readonly nodes: Set<string>;
}

/** Every player finishes, or failed by a fault on the way that it took: its nodes, and what serves its requests. */
export function playersFinish(facts: Facts): Violation[] {
  const ways = new Map<string, Way>();
  return facts.history.flatMap((entry) => {
    if (entry.kind === 'assigned') ways.get(entry.playerId)?.nodes.add(entry.nodeId);
    if (entry.kind !== 'player') return [];
    const { t, playerId, what, reason } = entry;
    if (what === 'begins') ways.set(playerId, { beganT: t, nodes: new Set() });
    if (what !== 'failed') return [];
    const way = ways.get(playerId) ?? { beganT: t, nodes: new Set<string>() };
    const used = new Set([...way.nodes, ...SERVICE]);
    const faults = facts.faults(way.beganT - AFTERMATH_MS, t);
    if (faults.some(({ touches }) => touches.some((part) => used.has(part)))) return [];
    return { rule: 'players', t, what: `${playerId} failed (${reason}), and nothing on its way was broken` };
  });
}

/** A connection breaks only when something did: a fault on the way, or the end of the node. */
export function connectionsHold(facts: Facts): Violation[] {
  return only(facts.history, 'closed').flatMap((entry) => {
    const { t, playerId, nodeId, wanted, reason } = entry;
    if (wanted || reason === 'io server disconnect' || isExplained(facts, entry)) return [];
    return { rule: 'players', t, what: `the connection of ${playerId} to ${nodeId} broke (${reason}) by itself` };
  });
}

function isExplained(facts: Facts, { t, nodeId }: Of<'closed'>): boolean {
  if (facts.goneT(nodeId) <= t + 1_000) return true;
  const lagMs = facts.lag(t - NOTICE_MS, t);
  if (lagMs > STARVED_MS) return true;
  return facts.faults(t - NOTICE_MS - lagMs, t).some(({ touches }) => touches.includes(nodeId));
}
