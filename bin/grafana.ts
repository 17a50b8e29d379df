/** A graph: each line is a PromQL expression and what it is called. */
interface Graph {
  readonly title: string;
  readonly unit: 'short' | 'percentunit' | 's' | 'ops' | 'bytes';
  readonly lines: readonly (readonly [expression: string, legend: string])[];
  readonly stacked?: boolean;
}

/** What the variables of the dashboard choose; nodes and balancers carry the stack, all figures of clusters the cluster. */
const IN = '{stack="$stack",cluster=~"$cluster"}';
const STACK = '{stack="$stack"}';
const RATE = '[$__rate_interval]';

/** Both balancers see the same: the larger counts. */
const seen = (name: string): string => `max by (cluster) (${name}${IN})`;
/** Each balancer did its part. */
const done = (name: string, by: string): string => `sum by (${by}) (rate(${name}${IN}${RATE}))`;
const quantile = (q: number, name: string): string =>
  `histogram_quantile(${q}, sum by (le, cluster) (rate(${name}_bucket${IN}${RATE})))`;

const ROWS: Readonly<Record<string, readonly Graph[]>> = {
  Clusters: [
    {
      ...{ title: 'Players and capacity', unit: 'short' },
      lines: [
        [seen('realtime_sessions'), '{{cluster}} sessions'],
        [seen('realtime_connections'), '{{cluster}} connections'],
        [seen('realtime_capacity'), '{{cluster}} capacity'],
      ],
    },
    { title: 'Utilization', unit: 'percentunit', lines: [[seen('realtime_utilization'), '{{cluster}}']] },
    {
      ...{ title: 'Nodes by state', unit: 'short', stacked: true },
      lines: [[`max by (cluster, state) (realtime_nodes${IN}) > 0`, '{{cluster}} {{state}}']],
    },
    {
      ...{ title: 'Maximum, at it, mass failure', unit: 'short' },
      lines: [
        [seen('realtime_nodes_maximum'), '{{cluster}} maximum'],
        [seen('realtime_at_maximum'), '{{cluster}} at maximum'],
        [seen('realtime_mass_failure'), '{{cluster}} mass failure'],
      ],
    },
  ],
  Joins: [
    {
      ...{ title: 'Players who were given a node', unit: 'ops' },
      lines: [[done('realtime_assigns_total', 'cluster'), '{{cluster}}']],
    },
    {
      ...{ title: 'Players who were given none', unit: 'ops' },
      lines: [[done('realtime_refusals_total', 'cluster, code'), '{{cluster}} {{code}}']],
    },
    {
      ...{ title: 'Time to give a node', unit: 's' },
      lines: [
        [quantile(0.5, 'realtime_assign_duration_seconds'), '{{cluster}} median'],
        [quantile(0.99, 'realtime_assign_duration_seconds'), '{{cluster}} p99'],
      ],
    },
    {
      ...{ title: 'Errors of the API', unit: 'ops' },
      lines: [[`sum by (code) (rate(realtime_api_errors_total${STACK}${RATE}))`, '{{code}}']],
    },
  ],
  Balancers: [
    {
      ...{ title: 'What the autoscaler did, per minute', unit: 'short' },
      lines: [[`60 * ${done('realtime_decisions_total', 'cluster, decision')}`, '{{cluster}} {{decision}}']],
    },
    {
      ...{ title: 'Owner', unit: 'short', stacked: true },
      lines: [[`realtime_owned${IN}`, '{{cluster}} {{balancer}}']],
    },
    { title: 'Epochs', unit: 'short', lines: [[`realtime_epoch${IN}`, '{{cluster}} {{balancer}}']] },
    {
      ...{ title: 'Redis and the other balancer', unit: 'short' },
      lines: [
        [`realtime_redis_up${STACK}`, '{{balancer}} Redis'],
        [`realtime_peer_up${STACK}`, '{{balancer}} the other one'],
      ],
    },
    {
      ...{ title: 'By operators: paused, maintenance', unit: 'short' },
      lines: [
        [seen('realtime_paused'), '{{cluster}} paused'],
        [`max (realtime_maintenance${STACK})`, 'maintenance'],
      ],
    },
    {
      ...{ title: 'A tick of the watch loop, p99', unit: 's' },
      lines: [[quantile(0.99, 'realtime_poll_tick_seconds'), '{{cluster}}']],
    },
  ],
  Nodes: [
    {
      ...{ title: 'The fullest nodes', unit: 'percentunit' },
      lines: [[`topk(10, realtime_node_sessions${IN} / realtime_node_capacity${IN})`, '{{node}}']],
    },
    {
      ...{ title: 'Connections of nodes', unit: 'short' },
      lines: [[`topk(10, realtime_node_connections${IN})`, '{{node}}']],
    },
    {
      ...{ title: "The slowest nodes: the event loop's delay", unit: 's' },
      lines: [[`topk(10, realtime_node_loop_delay_seconds${IN})`, '{{node}}']],
    },
    {
      ...{ title: 'Messages', unit: 'ops' },
      lines: [[done('realtime_node_messages_total', 'cluster, direction'), '{{cluster}} {{direction}}']],
    },
    {
      ...{ title: 'Handshakes', unit: 'ops' },
      lines: [
        [done('realtime_node_admitted_total', 'cluster, by'), '{{cluster}} by {{by}}'],
        [done('realtime_node_refused_total', 'cluster, code'), '{{cluster}} {{code}}'],
      ],
    },
    {
      ...{ title: 'Nodes by phase', unit: 'short', stacked: true },
      lines: [[`sum by (cluster, phase) (realtime_node_phase${IN})`, '{{cluster}} {{phase}}']],
    },
    {
      ...{ title: 'Memory of processes', unit: 'bytes' },
      lines: [[`topk(10, process_resident_memory_bytes${STACK})`, '{{node}}{{balancer}}']],
    },
  ],
};

/** Of 24 columns, and in Grafana's units of height. */
const WIDTH = 8;
const HEIGHT = 8;

const SOURCE = { type: 'prometheus', uid: '$datasource' };

/** The dashboard as Grafana imports it. */
export function grafanaDashboard(): object {
  const panels: object[] = [];
  let y = 0;
  for (const [title, graphs] of Object.entries(ROWS)) {
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y } });
    y += 1;
    graphs.forEach((graph, index) => {
      const x = (index % 3) * WIDTH;
      panels.push(panel(panels.length + 1, graph, x, y + Math.floor(index / 3) * HEIGHT));
    });
    y += Math.ceil(graphs.length / 3) * HEIGHT;
  }
  return {
    ...{ title: 'realtime-fleet', uid: 'realtime-fleet', tags: ['realtime-fleet'], editable: true },
    ...{ schemaVersion: 39, refresh: '10s', time: { from: 'now-1h', to: 'now' } },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        variable('stack', 'label_values(realtime_redis_up, stack)', false),
        variable('cluster', 'label_values(realtime_owned{stack="$stack"}, cluster)', true),
      ],
    },
    panels,
  };
}

function panel(id: number, { title, unit, lines, stacked = false }: Graph, x: number, y: number): object {
  return {
    ...{ id, type: 'timeseries', title, datasource: SOURCE, gridPos: { h: HEIGHT, w: WIDTH, x, y } },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 10, stacking: { mode: stacked ? 'normal' : 'none' } } },
      overrides: [],
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: lines.map(([expr, legendFormat], index) => {
      return { refId: String.fromCharCode(65 + index), datasource: SOURCE, expr, legendFormat };
    }),
  };
}

function variable(name: string, query: string, all: boolean): object {
  const choice = all ? { includeAll: true, multi: true, current: { text: ['All'], value: ['$__all'] } } : {};
  return { name, type: 'query', datasource: SOURCE, query: { query, refId: name }, refresh: 2, sort: 1, ...choice };
}
