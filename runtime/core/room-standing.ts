import type { NodeSnapshot } from './snapshot';

/**
 * Where a room stands that was placed on this start of a node, `node` being what is known of the node now; undefined: it is gone.
 * here: it lives there. away: the node is silent and may come back, so that the room waits (S2). lost: it needs another node.
 */
export function roomStanding(startId: string, node: NodeSnapshot | undefined): 'here' | 'away' | 'lost' {
  if (node === undefined || node.health === 'red' || node.startId !== startId || node.phase === 'sealed') return 'lost';
  return node.health === 'green' || node.health === 'held' ? 'here' : 'away';
}
