import type { ScalingSample } from '../core/scaling/types';
import { type ClusterSnapshot, load, type NodeSnapshot } from '../core/snapshot';

/** The number per node that sizes a cluster. */
export type Metric = (node: NodeSnapshot) => number;

/** Sessions plus reservations that have not arrived. */
export const PLAYERS: Metric = load;

/** What the decisions see of a snapshot, with what else is known. */
export function toSample(
  snapshot: ClusterSnapshot,
  metric: Metric,
  rest: Pick<ScalingSample, 'group' | 'refused' | 'cooldowns'>,
): ScalingSample {
  return {
    ...rest,
    atMs: snapshot.atMs,
    massFailure: snapshot.massFailure,
    nodes: snapshot.nodes.map((node) => ({
      nodeId: node.nodeId,
      zone: node.zone,
      version: node.version === '' ? null : node.version,
      health: node.health,
      phase: node.phase,
      load: metric(node),
      sessions: node.sessions,
      pending: node.pending,
      capacity: node.capacity,
      launchedAtMs: node.launchedAtMs,
      silentMs: node.silentMs,
    })),
  };
}
