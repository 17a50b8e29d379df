import { cloudWatchSeries } from '../core/cloudwatch-series';
import { BALANCERS, onDemand, type Plan, type PlannedCluster } from './plan';
import type { Prices } from './prices';

const HOURS_PER_MONTH = 730;
/** Of each instance, in gigabytes. */
const DISK_GB = 8;
/** Secrets of a stack: master, agent and API key, and the registry's password. */
const SECRETS = 4;
/** Calls to Secrets Manager of a balancer when it looks for new keys, and how often it looks in a month. */
const CALLS_PER_LOOK = 7;
const LOOKS_PER_MONTH = (HOURS_PER_MONTH * 60) / 5;
/** Metrics that both balancers send, a request a minute. */
const SENT_PER_MONTH = BALANCERS * HOURS_PER_MONTH * 60;

/** What a month costs, in US dollars, by what it is for. */
export interface Cost {
  readonly nodes: number;
  readonly parts: Readonly<Record<CostPart, number>>;
  readonly total: number;
  /** Instance types whose price is not known here: they are counted with nothing. */
  readonly unknown: readonly string[];
}
export type CostPart = 'instances' | 'addresses' | 'disks' | 'balancers' | 'registry' | 'loadBalancer' | 'other';

/**
 * What a month costs when so many nodes run all the time, shared out to the clusters as in the plan. Without traffic and tax.
 */
export function monthlyCost(plan: Plan, nodes: number, prices: Prices): Cost {
  const unknown = new Set<string>();
  const hourly = (table: Readonly<Record<string, number>>, type: string) => {
    if (table[type] === undefined) unknown.add(type);
    return table[type] ?? 0;
  };
  const nodeHours = sharedOut(plan.clusters, nodes).map(({ cluster, count }) => {
    const kept = onDemand(cluster, count);
    return (kept + (count - kept) * prices.spotFraction) * hourly(prices.instances, cluster.instanceType);
  });
  const machines = nodes + BALANCERS;
  const parts = {
    instances: HOURS_PER_MONTH * sum(nodeHours),
    // The load balancer has one in each zone.
    addresses: HOURS_PER_MONTH * prices.address * (machines + plan.azs),
    disks: machines * DISK_GB * prices.disk,
    balancers: HOURS_PER_MONTH * BALANCERS * hourly(prices.instances, plan.balancerType),
    registry: HOURS_PER_MONTH * plan.registry.members * hourly(prices.registryNodes, plan.registry.nodeType),
    loadBalancer: HOURS_PER_MONTH * (prices.loadBalancer + prices.loadBalancerUnit),
    other:
      SECRETS * prices.secret +
      ((BALANCERS * LOOKS_PER_MONTH * CALLS_PER_LOOK) / 10_000) * prices.secretCalls +
      alarmMetrics(plan.clusters.length, plan.registry.members) * prices.alarm +
      cloudWatchSeries(plan.clusters.length).steady * prices.metric +
      (SENT_PER_MONTH / 1_000) * prices.metricRequests +
      prices.dashboard,
  };
  return { nodes, parts, total: sum(Object.values(parts)), unknown: [...unknown] };
}

/**
 * Metrics that the alarms of a stack look at, each of which costs: `lib/monitoring.ts` has five alarms of the balancers, six of each
 * cluster of which one looks at two metrics, and two of each member of the registry.
 */
export function alarmMetrics(clusters: number, members: number): number {
  return 5 + 7 * clusters + 2 * members;
}

/** In the proportion of their nodes at the first deploy; what is left over goes to the first. */
function sharedOut(clusters: readonly PlannedCluster[], nodes: number): { cluster: PlannedCluster; count: number }[] {
  const all = sum(clusters.map((cluster) => cluster.nodes));
  const shares = clusters.map((cluster) => ({ cluster, count: Math.floor((nodes * cluster.nodes) / all) }));
  const left = nodes - sum(shares.map(({ count }) => count));
  return shares.map(({ cluster, count }, index) => ({ cluster, count: index === 0 ? count + left : count }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
