import { type MetricName, NODE_STATES, type NodeState, type Sample } from './metrics';
import type { ClusterSnapshot, NodeSnapshot } from './snapshot';

type Seen = Pick<ClusterSnapshot, 'cluster' | 'massFailure'> & {
  readonly nodes: readonly Pick<NodeSnapshot, 'health' | 'phase' | 'connections' | 'sessions' | 'capacity'>[];
};

/** A silent or dead node is that before it is draining: somebody should look at it. */
export function nodeState({ health, phase }: Pick<NodeSnapshot, 'health' | 'phase'>): NodeState {
  return health === 'green' && phase !== 'open' ? 'draining' : health;
}

/**
 * What a snapshot says of a cluster.
 * @param maximum nodes that the autoscaler may have at most; undefined when it leaves the cluster alone.
 */
export function clusterSamples({ cluster, massFailure, nodes }: Seen, maximum: number | undefined): Sample[] {
  const labels = { cluster };
  const of = (name: MetricName, value: number): Sample => ({ name, labels, value });
  const states = nodes.map(nodeState);
  const open = nodes.filter((_, index) => states[index] === 'green');
  const sum = (some: Seen['nodes'], what: 'connections' | 'sessions' | 'capacity') =>
    some.reduce((total, node) => total + node[what], 0);
  const capacity = sum(open, 'capacity');
  const staying = nodes.filter(({ phase }, index) => phase === 'open' && states[index] !== 'red').length;
  return [
    of('realtime_connections', sum(nodes, 'connections')),
    of('realtime_sessions', sum(nodes, 'sessions')),
    of('realtime_capacity', capacity),
    ...(capacity > 0 ? [of('realtime_utilization', sum(open, 'sessions') / capacity)] : []),
    ...NODE_STATES.map((state): Sample => {
      const value = states.filter((each) => each === state).length;
      return { name: 'realtime_nodes', labels: { cluster, state }, value };
    }),
    of('realtime_mass_failure', massFailure ? 1 : 0),
    ...(maximum === undefined
      ? []
      : [of('realtime_nodes_maximum', maximum), of('realtime_at_maximum', staying >= maximum ? 1 : 0)]),
  ];
}
