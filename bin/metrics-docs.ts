import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarmMetrics } from '../runtime/doctor/cost';
import { grafanaDashboard } from './grafana';
import { metricsPage } from './metrics-page';

/** What `npm run docs:metrics` writes, by its path in the project. */
export function metricsDocs(): Readonly<Record<string, string>> {
  return {
    'docs/metrics.md': metricsPage(alarmMetrics(2, 2)),
    'docs/grafana.json': `${JSON.stringify(grafanaDashboard(), null, 2)}\n`,
  };
}

if (require.main === module) {
  for (const [path, content] of Object.entries(metricsDocs())) writeFileSync(join(__dirname, '..', path), content);
}
