import type { HealthAction, HealthState, NodeHealth } from '../../core/health';
import type { FleetEvent } from '../events';

const EVICTED = {
  silent: 'it was silent for too long',
  gone: 'the fleet does not list it any more',
  restarted: 'its process has started anew: the sessions of the earlier start are gone',
};

/**
 * What an operator wants to know of a step: each node whose health changed, evictions, a mass failure's begin and end.
 * @param trouble why the last poll of a node failed.
 * @param sealed whether a node was: then its end is ours, and no news.
 */
export function healthEvents(
  cluster: string,
  before: HealthState,
  after: HealthState,
  actions: readonly HealthAction[],
  trouble: (nodeId: string) => string,
  sealed: (nodeId: string) => boolean,
): readonly FleetEvent[] {
  const events: FleetEvent[] = [];
  if (!before.massFailure && after.massFailure) {
    const reason =
      'more than half of the nodes are silent: none is evicted for silence, joins go on to those last known green';
    events.push({ kind: 'mass-failure-began', cluster, reason });
  }
  for (const [nodeId, node] of after.nodes) {
    const was = before.nodes.get(nodeId);
    if (was?.health === node.health || node.health === 'booting') continue;
    if (node.health === 'suspect' && sealed(nodeId)) continue;
    const reason = changeReason(node, was, trouble(nodeId));
    events.push({ kind: `node-${node.health}`, cluster, nodeId, reason });
  }
  for (const action of actions) {
    if (action.kind !== 'evict') continue;
    if (action.reason === 'gone' && sealed(action.nodeId)) {
      const reason = 'it was empty and sealed, and is gone now';
      events.push({ kind: 'node-removed', cluster, nodeId: action.nodeId, reason });
      continue;
    }
    events.push({
      kind: 'node-evicted',
      cluster,
      nodeId: action.nodeId,
      reason: EVICTED[action.reason],
      details: { cause: action.reason },
    });
  }
  if (before.massFailure && !after.massFailure) {
    events.push({ kind: 'mass-failure-ended', cluster, reason: 'at least half of the nodes answer' });
  }
  return events;
}

function changeReason(node: NodeHealth, was: NodeHealth | undefined, trouble: string): string {
  if (node.health === 'green') {
    if (was === undefined || was.health === 'booting') return 'first answer';
    return `answers again after ${seconds(was.silentMs)} of silence`;
  }
  if (node.health === 'red') return `silent for ${seconds(node.silentMs)}: ${trouble}`;
  return trouble;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
