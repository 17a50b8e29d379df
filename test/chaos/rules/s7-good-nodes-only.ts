import type { Facts, Violation } from '../facts';
import { type Of, only } from '../history';

/** L1: out of rotation within this time after the last answer and one period of the polls, in milliseconds. */
const DETECTION_MS = 2_000;
/** How much the observer may see of a wire before the node does, in milliseconds. */
const OFF_MS = 250;

/**
 * S7: nobody is assigned to a node that is draining, sealed, suspect or red. Judged by when the player began to ask: an answer may be
 * under way. A room was assigned with its first member; the others follow it there. In a mass failure (S8) silent nodes are the last choice.
 * A balancer that was held up itself has as long from then on.
 * A balancer that goes by its memory, as Redis does not answer, hears of a drain from the node itself: with its next poll.
 */
export function goodNodesOnly(facts: Facts): Violation[] {
  const closing = closingTimes(facts);
  const asked = new Map<string, number>();
  for (const { room, askedT, nodeId } of only(facts.history, 'assigned')) {
    if (room === null) continue;
    const key = `${room.id}/${room.gen} ${nodeId}`;
    asked.set(key, Math.min(asked.get(key) ?? Number.POSITIVE_INFINITY, askedT));
  }
  return only(facts.history, 'assigned').flatMap((entry) => {
    const { t, nodeId, room, playerId } = entry;
    const askedT = room === null ? entry.askedT : (asked.get(`${room.id}/${room.gen} ${nodeId}`) ?? entry.askedT);
    const knownMs = OFF_MS + (facts.isFromMemory(askedT - DETECTION_MS, t) ? facts.config.pollMs + DETECTION_MS : 0);
    const closed = (closing.get(nodeId) ?? []).find(({ fromT, untilT }) => fromT + knownMs < askedT && untilT > t);
    const blame = (why: string) => ({ rule: 'S7', t, what: `${playerId} was sent to ${nodeId}, which ${why}` });
    if (closed !== undefined) return blame(`was draining since ${Math.round(askedT - closed.fromT)} ms`);
    const awake = facts.balancersBack(askedT);
    const gone = askedT - Math.max(facts.goneT(nodeId), awake);
    if (gone > DETECTION_MS + lag(facts, entry)) return blame(`had gone ${Math.round(gone)} ms before`);
    const quiet = askedT - Math.max(facts.lastHeard(nodeId, t), awake);
    if (quiet <= facts.config.pollMs + DETECTION_MS + lag(facts, entry) || inMassFailure(facts, entry)) return [];
    return blame(`had been silent for ${Math.round(quiet)} ms`);
  });
}

/** Since when, and until when, each node was known not to take joins: from the obeyed order on. */
function closingTimes({ history }: Facts): Map<string, { fromT: number; untilT: number }[]> {
  const closing = new Map<string, { fromT: number; untilT: number }[]>();
  for (const { t, nodeId, order } of only(history, 'obeyed')) {
    const of = closing.get(nodeId) ?? [];
    closing.set(nodeId, of);
    const last = of.at(-1);
    const isOpen = last === undefined || last.untilT < Number.POSITIVE_INFINITY;
    if (order === 'drain' && isOpen) of.push({ fromT: t, untilT: Number.POSITIVE_INFINITY });
    if (order === 'undrain' && !isOpen) last.untilT = t;
  }
  return closing;
}

function lag(facts: Facts, { t, askedT }: Of<'assigned'>): number {
  return facts.lag(askedT - DETECTION_MS, t);
}

/** What a balancer made of the last polls may still hold. */
function inMassFailure(facts: Facts, { nodeId, askedT, t }: Of<'assigned'>): boolean {
  return facts.inMassFailure(facts.clusterOf(nodeId) ?? '', askedT - DETECTION_MS, t);
}
