import { cloudWatchSeries } from '../runtime/core/cloudwatch-series';
import { METRICS, type MetricName, type MetricSpec, metric } from '../runtime/core/metrics';

/** List prices of us-east-1 in US dollars, as known in June 2025. */
const PRICES = { metricMonth: 0.3, alarmMonth: 0.1, dashboardMonth: 3, thousandRequests: 0.01, logGigabyte: 0.5 };

/** Each balancer sends one request in each minute of a month of 30 days. */
const REQUESTS = 2 * 60 * 24 * 30;

const names = (of: MetricSpec['of']): MetricName[] =>
  (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].of === of);

/** `docs/metrics.md`. @param alarmMetrics that alarms look at, with two clusters. */
export function metricsPage(alarmMetrics: number): string {
  const { steady, occasional } = cloudWatchSeries(2);
  const dollars = (amount: number) => `$${amount.toFixed(2)}`;
  return `# Metrics

Made from \`runtime/core/metrics.ts\` by \`npm run docs:metrics\`. Prometheus and CloudWatch have the same names; a label of Prometheus is
a dimension of CloudWatch. A counter grows from 0 with each start of its program; CloudWatch gets what was added in the minute, and
nothing when that is nothing.

## Of each balancer

\`GET /metrics\` on the private port, without a key. Every series also has the labels \`stack\` and \`balancer\`. Both balancers poll all
nodes, so both tell the same of a cluster: take the maximum. What they count (joins, refusals, decisions) is each one's own part: add it up.

${table('balancer')}

In CloudWatch: \`owner\` is sent by the balancer that owns the cluster, \`both\` by each.

## Of each node

\`GET /metrics\` on the port that \`METRICS_PORT\` names; without it there is none. Every series also has the labels \`stack\`, \`cluster\` and \`node\`.
CloudWatch gets nothing of single nodes: it would cost a multiple of all the rest.

${table('node')}

Both kinds of program have Node.js's usual \`process_…\` and \`nodejs_…\` metrics too: CPU, memory, garbage collection, event loop.

## What CloudWatch costs

A month with two clusters, by the list prices of us-east-1 as known in June 2025, without what is free:

| what | how many | price of one | together |
| --- | --- | --- | --- |
| metrics that are always there | ${steady} | ${dollars(PRICES.metricMonth)} | ${dollars(steady * PRICES.metricMonth)} |
| requests, one a minute of each balancer | ${REQUESTS.toLocaleString('en')} | ${dollars(PRICES.thousandRequests)} a thousand | ${dollars((REQUESTS / 1_000) * PRICES.thousandRequests)} |
| metrics that alarms look at | ${alarmMetrics} | ${dollars(PRICES.alarmMonth)} | ${dollars(alarmMetrics * PRICES.alarmMonth)} |
| dashboard | 1 | ${dollars(PRICES.dashboardMonth)} | ${dollars(PRICES.dashboardMonth)} |

${occasional.map((name) => `\`${name}\``).join(', ')} have a series for each code or decision that occurs, in the hours in
which it occurs: ${dollars(PRICES.metricMonth)} a month for one that never stops. Each further cluster is ${cloudWatchSeries(3).steady - steady} metrics more. Logs are ${dollars(PRICES.logGigabyte)} a gigabyte.
`;
}

function table(of: MetricSpec['of']): string {
  const rows = names(of).map((name) => {
    const { kind, unit, labels, help, cloudWatch } = metric(name);
    const sent = of === 'balancer' ? [cloudWatch ?? '–'] : [];
    const cells = [`\`${name}\``, kind, unit, labels.map((label) => `\`${label}\``).join(' ') || '–', ...sent, help];
    return `| ${cells.join(' | ')} |`;
  });
  const heads = ['metric', 'kind', 'unit', 'labels', ...(of === 'balancer' ? ['CloudWatch'] : []), 'meaning'];
  return [`| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...rows].join('\n');
}
