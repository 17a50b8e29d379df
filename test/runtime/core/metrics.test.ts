import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clusterSamples, nodeState } from '../../../runtime/core/cluster-samples';
import { DURATION_BOUNDS, Histogram } from '../../../runtime/core/histogram';
import { METRICS, type MetricName, metric, NODE_STATES, type Sample } from '../../../runtime/core/metrics';
import type { NodeSnapshot } from '../../../runtime/core/snapshot';

type Seen = Pick<NodeSnapshot, 'health' | 'phase' | 'connections' | 'sessions' | 'capacity'>;

const green: Seen = { health: 'green', phase: 'open', connections: 8, sessions: 10, capacity: 100 };
const names = Object.keys(METRICS) as MetricName[];

function values(samples: readonly Sample[]): Record<string, unknown> {
  return Object.fromEntries(samples.map(({ name, labels, value }) => [[name, labels.state].join(' ').trim(), value]));
}

describe('the table of metrics', () => {
  it('has names that Prometheus and CloudWatch take, counters and durations named as is usual', () => {
    for (const name of names) {
      const { kind, unit, help } = metric(name);
      expect(name).toMatch(/^realtime_[a-z_]{1,100}$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(name.endsWith('_seconds')).toBe(unit === 'seconds');
      expect(help).toMatch(/^[^\n"\\]{10,200}$/);
    }
  });

  it('sends nothing of single nodes to CloudWatch, and never more than two dimensions: each series costs', () => {
    for (const name of names) {
      const { of, cloudWatch, labels } = metric(name);
      if (cloudWatch === undefined) continue;
      expect(of).toBe('balancer');
      expect(labels.filter((label) => label === 'node')).toEqual([]);
      expect(labels.length).toBeLessThanOrEqual(2);
    }
  });
});

describe('the figures of a cluster', () => {
  it('sum up its nodes; only those that take joins have capacity', () => {
    const draining: Seen = { ...green, phase: 'draining' };
    const silent: Seen = { ...green, health: 'suspect' };
    const nodes = [green, { ...green, sessions: 30 }, draining, silent];
    expect(values(clusterSamples({ cluster: 'game', massFailure: false, nodes }, 4))).toEqual({
      realtime_connections: 32,
      realtime_sessions: 60,
      realtime_capacity: 200,
      realtime_utilization: 0.2,
      'realtime_nodes booting': 0,
      'realtime_nodes green': 2,
      'realtime_nodes suspect': 1,
      'realtime_nodes held': 0,
      'realtime_nodes red': 0,
      'realtime_nodes draining': 1,
      realtime_mass_failure: 0,
      realtime_nodes_maximum: 4,
      realtime_at_maximum: 0,
    });
  });

  it('say that the cluster is at its maximum, but not for nodes that leave or are dead', () => {
    const at = (nodes: Seen[]) =>
      values(clusterSamples({ cluster: 'game', massFailure: false, nodes }, 2)).realtime_at_maximum;
    expect(at([green, { ...green, health: 'booting' }])).toBe(1);
    expect(at([green, { ...green, phase: 'draining' }])).toBe(0);
    expect(at([green, { ...green, health: 'red' }])).toBe(0);
  });

  it('are silent about what cannot be said', () => {
    const none = values(clusterSamples({ cluster: 'game', massFailure: true, nodes: [] }, undefined));
    expect(none).toMatchObject({ realtime_capacity: 0, realtime_mass_failure: 1 });
    expect(none).not.toHaveProperty('realtime_utilization');
    expect(none).not.toHaveProperty('realtime_at_maximum');
  });

  it('count each node in one state', () => {
    const node = fc.record({
      health: fc.constantFrom('booting', 'green', 'suspect', 'held', 'red'),
      phase: fc.constantFrom('open', 'draining', 'sealed'),
      ...{ connections: fc.nat(), sessions: fc.nat(), capacity: fc.nat() },
    });
    fc.assert(
      fc.property(fc.array(node), (nodes) => {
        const samples = clusterSamples({ cluster: 'game', massFailure: false, nodes }, undefined);
        const counted = samples.filter(({ name }) => name === 'realtime_nodes');
        expect(counted.reduce((sum, { value }) => sum + Number(value), 0)).toBe(nodes.length);
        for (const each of nodes) expect(NODE_STATES).toContain(nodeState(each));
      }),
    );
  });
});

describe('a histogram', () => {
  it('puts each value in the first bucket that is not below it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 50 }), (added) => {
        const histogram = new Histogram();
        for (const value of added) histogram.add(value);
        DURATION_BOUNDS.forEach((bound, index) => {
          const upTo = histogram.counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
          expect(upTo).toBe(added.filter((value) => value <= bound).length);
        });
        expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(added.length);
        expect(histogram.sum).toBeCloseTo(added.reduce((sum, value) => sum + value, 0));
      }),
    );
  });

  it('leaves out what is no duration', () => {
    const histogram = new Histogram();
    for (const value of [Number.NaN, -1]) histogram.add(value);
    expect(histogram.counts.every((count) => count === 0)).toBe(true);
    expect(histogram.sum).toBe(0);
  });
});
