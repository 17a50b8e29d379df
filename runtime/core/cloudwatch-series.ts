import { METRICS, type MetricName, metric, NODE_STATES } from './metrics';

/** Series in CloudWatch that there are all the time, and metrics of which there is a series for each value that occurs. */
export function cloudWatchSeries(clusters: number): { steady: number; occasional: readonly MetricName[] } {
  let steady = 0;
  const occasional: MetricName[] = [];
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { cloudWatch, labels } = metric(name);
    const [other] = labels.filter((label) => label !== 'cluster');
    if (cloudWatch === undefined) continue;
    if (other !== undefined && other !== 'state') occasional.push(name);
    else steady += (labels.includes('cluster') ? clusters : 1) * (other === 'state' ? NODE_STATES.length : 1);
  }
  return { steady, occasional };
}
