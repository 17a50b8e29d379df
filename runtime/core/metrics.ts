/** One metric, as Prometheus and CloudWatch know it. */
export interface MetricSpec {
  /** Who reports it: each balancer, or each node. */
  readonly of: 'balancer' | 'node';
  /** A counter grows from 0 with each start of its program; CloudWatch gets what was added in the minute. */
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly unit: 'count' | 'seconds' | 'fraction';
  /** Labels in Prometheus, dimensions in CloudWatch. */
  readonly labels: readonly string[];
  readonly help: string;
  /**
   * Whether CloudWatch gets it: from the balancer that owns the cluster, as both see the same; or from both, each its own part.
   * @default not at all
   */
  readonly cloudWatch?: 'owner' | 'both';
}

/** States of a node, as `realtime_nodes` counts them: each node is in one. Sealed nodes count as draining. */
export const NODE_STATES = ['booting', 'green', 'suspect', 'held', 'red', 'draining'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/**
 * Every metric, by its name. Emitters, alarms, dashboards and the documentation read it here; `docs/metrics.md` is made from it
 * (`npm run docs:metrics`).
 */
export const METRICS = {
  realtime_connections: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'owner' },
    help: "Players' open connections, by the nodes' last answers",
  },
  realtime_sessions: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'owner' },
    help: 'Admitted players: connected, or within the grace time',
  },
  realtime_capacity: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'owner' },
    help: 'Players that the nodes which take joins can hold',
  },
  realtime_utilization: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'fraction', labels: ['cluster'], cloudWatch: 'owner' },
    help: 'Sessions over capacity, of the nodes that take joins; missing when there is none',
  },
  realtime_nodes: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster', 'state'], cloudWatch: 'owner' },
    help: `Nodes by state: ${NODE_STATES.join(', ')} (sealed ones too)`,
  },
  realtime_at_maximum: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'owner' },
    help: '1 when there are as many nodes as the maximum allows, those that leave not counted; else 0',
  },
  realtime_nodes_maximum: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'] },
    help: 'Nodes that the autoscaler may have at most',
  },
  realtime_mass_failure: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'] },
    help: '1 while most nodes are silent at once, so that none is evicted for it; else 0',
  },
  realtime_paused: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'owner' },
    help: '1 while an operator has paused the autoscaler of the cluster, else 0',
  },
  realtime_maintenance: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: [], cloudWatch: 'both' },
    help: '1 while an operator lets nobody new join, else 0',
  },
  realtime_assigns_total: {
    ...{ of: 'balancer', kind: 'counter', unit: 'count', labels: ['cluster'], cloudWatch: 'both' },
    help: 'Players who were given a node by this balancer',
  },
  realtime_refusals_total: {
    ...{ of: 'balancer', kind: 'counter', unit: 'count', labels: ['cluster', 'code'], cloudWatch: 'both' },
    help: 'Players whom this balancer could give no node, by the code of the error; they are to try again',
  },
  realtime_assign_duration_seconds: {
    ...{ of: 'balancer', kind: 'histogram', unit: 'seconds', labels: ['cluster'], cloudWatch: 'both' },
    help: 'Time to give a player a node, from the request to the ticket',
  },
  realtime_decisions_total: {
    ...{ of: 'balancer', kind: 'counter', unit: 'count', labels: ['cluster', 'decision'], cloudWatch: 'both' },
    help: 'What the autoscaler did: grow, drain, undrain, seal, terminate, replace, move, or failed',
  },
  realtime_owned: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'], cloudWatch: 'both' },
    help: '1 when this balancer owns the cluster, else 0',
  },
  realtime_epoch: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: ['cluster'] },
    help: "Epoch of this balancer's ownership; missing when it does not own the cluster",
  },
  realtime_poll_tick_seconds: {
    ...{ of: 'balancer', kind: 'histogram', unit: 'seconds', labels: ['cluster'] },
    help: 'Time that one tick of the watch loop takes, without what it waits for',
  },
  realtime_redis_up: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: [], cloudWatch: 'both' },
    help: '1 while this balancer relies on Redis; 0 while joins go on from its memory',
  },
  realtime_peer_up: {
    ...{ of: 'balancer', kind: 'gauge', unit: 'count', labels: [], cloudWatch: 'both' },
    help: '1 while the other balancer answers, else 0; missing without one',
  },
  realtime_api_errors_total: {
    ...{ of: 'balancer', kind: 'counter', unit: 'count', labels: ['code'], cloudWatch: 'both' },
    help: 'Requests to the API that were answered with an error, by its code; INTERNAL is a fault of ours',
  },
  realtime_node_connections: {
    ...{ of: 'node', kind: 'gauge', unit: 'count', labels: [] },
    help: "Players' open connections",
  },
  realtime_node_sessions: {
    ...{ of: 'node', kind: 'gauge', unit: 'count', labels: [] },
    help: 'Admitted players: connected, or within the grace time',
  },
  realtime_node_capacity: {
    ...{ of: 'node', kind: 'gauge', unit: 'count', labels: [] },
    help: 'Players that the node takes',
  },
  realtime_node_admitted_total: {
    ...{ of: 'node', kind: 'counter', unit: 'count', labels: ['by'] },
    help: 'Handshakes that were let in, by ticket or resume token',
  },
  realtime_node_refused_total: {
    ...{ of: 'node', kind: 'counter', unit: 'count', labels: ['code'] },
    help: 'Handshakes that were refused, by the code of the error',
  },
  realtime_node_messages_total: {
    ...{ of: 'node', kind: 'counter', unit: 'count', labels: ['direction'] },
    help: 'Messages that came from players (in), and that were sent to them (out)',
  },
  realtime_node_loop_delay_seconds: {
    ...{ of: 'node', kind: 'gauge', unit: 'seconds', labels: [] },
    help: "The event loop's delay, 99th percentile of the last second",
  },
  realtime_node_phase: {
    ...{ of: 'node', kind: 'gauge', unit: 'count', labels: ['phase'] },
    help: '1 for the phase that the node is in: open, draining or sealed; else 0',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

/** The table's entry as what every entry is. */
export function metric(name: MetricName): MetricSpec {
  return METRICS[name];
}

/** One value of one metric now; counters and histograms since the start of the program. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | Distribution;
}

/** How often values of which size occurred. */
export interface Distribution {
  /** Upper bounds of the buckets, growing; what is larger than the last is in one more bucket. */
  readonly bounds: readonly number[];
  /** Occurrences by bucket, not cumulated: one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}
