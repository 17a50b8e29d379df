import type { ScalingNode } from './types';

/**
 * The nodes that leave, in order: fewest sessions (reservations count), then the oldest version (the wanted one is the newest,
 * another is as old as its youngest node), then the zone with the most nodes, then the id, so that two who decide agree.
 */
export function chooseVictims(
  candidates: readonly ScalingNode[],
  count: number,
  wantedVersion: string | null,
): ScalingNode[] {
  const age = versionAges(candidates, wantedVersion);
  const zones = new Map<string, number>();
  for (const { zone } of candidates) zones.set(zone, (zones.get(zone) ?? 0) + 1);
  const players = (node: ScalingNode): number => node.sessions + node.pending;
  const before = (a: ScalingNode, b: ScalingNode): number =>
    players(a) - players(b) ||
    age(a) - age(b) ||
    (zones.get(b.zone) ?? 0) - (zones.get(a.zone) ?? 0) ||
    (a.nodeId < b.nodeId ? -1 : 1);

  const left = new Set(candidates);
  const victims: ScalingNode[] = [];
  while (victims.length < count && left.size > 0) {
    const victim = [...left].reduce((best, node) => (before(node, best) < 0 ? node : best));
    victims.push(victim);
    left.delete(victim);
    zones.set(victim.zone, (zones.get(victim.zone) ?? 0) - 1);
  }
  return victims;
}

/** A number per node that is smaller the older its version is. */
function versionAges(nodes: readonly ScalingNode[], wantedVersion: string | null): (node: ScalingNode) => number {
  const launched = new Map<string | null, number>();
  for (const { version, launchedAtMs } of nodes) {
    launched.set(version, Math.max(launched.get(version) ?? 0, launchedAtMs));
  }
  return ({ version }) =>
    version !== null && version === wantedVersion ? Number.MAX_SAFE_INTEGER : (launched.get(version) ?? 0);
}
