import type { Facts, Violation } from '../facts';
import { type Of, only } from '../history';
import { wasDead } from './s1-nobody-is-cut-off';

/** How long a node may have been given up before anybody outside can see it, in milliseconds: the registry comes before the fleet. */
const AHEAD_MS = 3_000;

/**
 * S2: all members of a room are given the same node, and a new one, the same for all, only when that node is dead: told to end, ended,
 * sealed, or silent for `redAfter`.
 */
export function roomsStayTogether(facts: Facts): Violation[] {
  const placed = new Map<string, Of<'assigned'>>();
  const latest = new Map<string, Of<'assigned'>>();
  const violations: Violation[] = [];
  for (const entry of only(facts.history, 'assigned')) {
    const { t, room, nodeId, startId, playerId } = entry;
    if (room === null) continue;
    const key = `${room.id}/${room.gen}`;
    const first = placed.get(key);
    if (first === undefined) placed.set(key, entry);
    else if (first.nodeId !== nodeId || first.startId !== startId) {
      const what = `room ${key} was on ${first.nodeId} for ${first.playerId}, on ${nodeId} for ${playerId}`;
      violations.push({ rule: 'S2', t, what });
    }
    const before = latest.get(room.id);
    if (before?.room != null && before.room.gen < room.gen && !isOver(facts, before, t)) {
      const what = `room ${key} was given to ${nodeId} although ${before.nodeId}, which had it, lives`;
      violations.push({ rule: 'S2', t, what });
    }
    if (before?.room == null || before.room.gen < room.gen) latest.set(room.id, entry);
  }
  return violations;
}

function isOver(facts: Facts, { nodeId, t: sinceT }: Of<'assigned'>, t: number): boolean {
  return facts.goneT(nodeId) <= t + AHEAD_MS || facts.sealedT(nodeId) <= t || wasDead(facts, nodeId, sinceT, t);
}
