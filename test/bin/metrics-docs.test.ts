import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { grafanaDashboard } from '../../bin/grafana';
import { metricsDocs } from '../../bin/metrics-docs';
import { cloudWatchSeries } from '../../runtime/core/cloudwatch-series';
import { METRICS, type MetricName, metric } from '../../runtime/core/metrics';

const names = Object.keys(METRICS) as MetricName[];

describe('the documentation of the metrics', () => {
  it.each(Object.keys(metricsDocs()))('%s is as `npm run docs:metrics` writes it', (path) => {
    expect(readFileSync(join(__dirname, '../..', path), 'utf8')).toBe(metricsDocs()[path]);
  });

  it('counts the series that cost: one for each cluster, one for each state of its nodes', () => {
    const { steady, occasional } = cloudWatchSeries(1);
    expect(cloudWatchSeries(3).steady - cloudWatchSeries(2).steady).toBe(cloudWatchSeries(2).steady - steady);
    expect(occasional).toEqual(['realtime_refusals_total', 'realtime_decisions_total', 'realtime_api_errors_total']);
  });
});

describe('the dashboard for Grafana', () => {
  const text = JSON.stringify(grafanaDashboard());
  const expressions = [...text.matchAll(/"expr":"((?:[^"\\]|\\.)*)"/g)].map(([, expression = '']) => expression);

  it('shows every metric of the table, and asks for no other', () => {
    const asked = new Set(
      expressions.flatMap((expression) => expression.match(/\b(?:realtime|process)_[a-z_]+/g) ?? []),
    );
    const shown = names.map((name) => (metric(name).kind === 'histogram' ? `${name}_bucket` : name));
    expect([...asked].sort()).toEqual([...shown, 'process_resident_memory_bytes'].sort());
  });

  it('groups and chooses by labels that the metrics have', () => {
    expect(expressions.length).toBeGreaterThan(20);
    const everywhere = ['stack', 'le', 'balancer', 'node', 'cluster'];
    const known = new Set([...everywhere, ...names.flatMap((name) => metric(name).labels)]);
    for (const expression of expressions) {
      const used = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
      for (const label of used) expect(known).toContain(label);
      for (const name of names) {
        if (!expression.includes(`${name}{`) || !expression.includes('cluster=~')) continue;
        // Nodes carry their cluster in every series.
        expect([...metric(name).labels, ...(METRICS[name].of === 'node' ? ['cluster'] : [])]).toContain('cluster');
      }
    }
  });

  it('puts every panel in a place of its own, with an id of its own', () => {
    const { panels } = grafanaDashboard() as { panels: { id: number; gridPos: { x: number; y: number } }[] };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
  });
});
