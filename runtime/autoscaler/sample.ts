import type { ScalingNode, ScalingSample } from '../core/scaling/types';
import { type ClusterSnapshot, load, type NodeSnapshot, PLAYERS } from '../core/snapshot';

/**
 * What the decisions see of a snapshot, with what else is known.
 * @param metric name of what sizes the cluster: `players`, or one that the nodes report.
 */
export function toSample(
  snapshot: ClusterSnapshot,
  metric: string,
  rest: Pick<ScalingSample, 'group' | 'refused' | 'cooldowns' | 'orders'>,
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
      // A node drains from when it says so: only then has its wait begun.
      phase: node.said ?? node.phase,
      ...(node.leaving === true && { leaving: true }),
      ...measured(node, metric),
      sessions: node.sessions,
      pending: node.pending,
      capacity: node.capacity,
      launchedAtMs: node.launchedAtMs,
      silentMs: node.silentMs,
    })),
  };
}

function measured(node: NodeSnapshot, metric: string): Pick<ScalingNode, 'load' | 'unmeasured'> {
  if (metric === PLAYERS) return { load: load(node) };
  const { metrics = {} } = node;
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  // A node that has never answered has no load yet; one that answers must say what it has.
  return value === undefined ? { load: 0, unmeasured: node.health !== 'booting' } : { load: value };
}
