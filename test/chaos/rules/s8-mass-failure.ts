import type { Facts, Violation } from '../facts';
import { only } from '../history';

/** Silent for less than this is not known to everybody, in milliseconds: three polls. */
const KNOWN_MS = 3_000;

/** S8: when more than half of a cluster's nodes, at least two, are silent to the balancer that decides, none is given up for silence. */
export function noneIsGivenUpTogether(facts: Facts): Violation[] {
  return only(facts.history, 'fleet').flatMap(({ t, by, what, cluster, nodeId }) => {
    if (what === 'grow' || nodeId === undefined || facts.sealedT(nodeId) <= t) return [];
    const { silent, known } = facts.silent(cluster, t, KNOWN_MS, by);
    if (!silent.includes(nodeId) || silent.length < 2 || silent.length * 2 <= known.length) return [];
    const together = `${silent.length} of ${known.length} nodes of ${cluster} were silent`;
    return { rule: 'S8', t, what: `${by} gave up ${nodeId} while ${together}` };
  });
}
