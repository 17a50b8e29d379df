import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { grafanaDashboard } from './grafana';
import { metricsPage } from './metrics-page';

/** Metrics that the alarms of a stack with two clusters and one replica look at; `test/lib/monitoring.test.ts` counts them. */
export const ALARM_METRICS = 23;

/** What `npm run docs:metrics` writes, by its path in the project. */
export function metricsDocs(): Readonly<Record<string, string>> {
  return {
    'docs/metrics.md': metricsPage(ALARM_METRICS),
    'docs/grafana.json': `${JSON.stringify(grafanaDashboard(), null, 2)}\n`,
  };
}

if (require.main === module) {
  for (const [path, content] of Object.entries(metricsDocs())) writeFileSync(join(__dirname, '..', path), content);
}
