import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Histogram } from '../../../runtime/core/histogram';
import type { Sample } from '../../../runtime/core/metrics';
import { type Entry, entriesOf, requestsOf, type Sent } from '../../../runtime/notify/metric-data';

const always = () => true;
const nothing: Sent = new Map();
const cluster = { cluster: 'lobby' };

function data(entries: readonly Entry[]): MetricDatum[] {
  return entries.flatMap((entry) => entry.data);
}

/** Sends everything, as if CloudWatch had taken it. */
function taken(entries: readonly Entry[], before: Sent): Sent {
  const news = entries.flatMap(({ series, upTo }) => (upTo === null ? [] : [[series, upTo] as const]));
  return new Map([...before, ...news]);
}

describe('what CloudWatch gets', () => {
  it('has the names of the table, the labels as dimensions, the unit, and the time', () => {
    const samples: Sample[] = [
      { name: 'realtime_connections', labels: cluster, value: 12 },
      { name: 'realtime_utilization', labels: cluster, value: 0.4 },
      { name: 'realtime_redis_up', labels: {}, value: 1 },
    ];
    const Dimensions = [{ Name: 'cluster', Value: 'lobby' }];
    const Timestamp = new Date(60_000);
    expect(data(entriesOf(samples, nothing, always, 60_000))).toEqual([
      { MetricName: 'realtime_connections', Dimensions, Timestamp, Unit: 'Count', Value: 12 },
      { MetricName: 'realtime_utilization', Dimensions, Timestamp, Unit: 'None', Value: 0.4 },
      { MetricName: 'realtime_redis_up', Dimensions: [], Timestamp, Unit: 'Count', Value: 1 },
    ]);
  });

  it('is told how a cluster is by its owner alone, and what was done by who did it', () => {
    const samples: Sample[] = [
      { name: 'realtime_connections', labels: cluster, value: 12 },
      { name: 'realtime_assigns_total', labels: cluster, value: 3 },
      { name: 'realtime_owned', labels: cluster, value: 0 },
    ];
    const names = data(entriesOf(samples, nothing, () => false, 0)).map(({ MetricName }) => MetricName);
    expect(names).toEqual(['realtime_assigns_total', 'realtime_owned']);
  });

  it('is told what operators have stopped: maintenance is of no cluster, so that both tell it', () => {
    const samples: Sample[] = [
      { name: 'realtime_paused', labels: cluster, value: 1 },
      { name: 'realtime_maintenance', labels: {}, value: 1 },
    ];
    const names = (owns: () => boolean) =>
      data(entriesOf(samples, nothing, owns, 0)).map(({ MetricName }) => MetricName);
    expect(names(always)).toEqual(['realtime_paused', 'realtime_maintenance']);
    expect(names(() => false)).toEqual(['realtime_maintenance']);
  });

  it('lacks what only Prometheus has', () => {
    expect(entriesOf([{ name: 'realtime_epoch', labels: cluster, value: 5 }], nothing, always, 0)).toEqual([]);
  });

  it('is of counters what was added since the last time, and nothing when nothing was', () => {
    const at = (value: number): Sample[] => [{ name: 'realtime_assigns_total', labels: cluster, value }];
    const first = entriesOf(at(5), nothing, always, 0);
    expect(data(first)[0]?.Value).toBe(5);
    const sent = taken(first, nothing);
    expect(data(entriesOf(at(12), sent, always, 0))[0]?.Value).toBe(7);
    expect(entriesOf(at(5), sent, always, 0)).toEqual([]);
  });

  it('is of histograms how often each value came since the last time, none shown faster than it was', () => {
    const value = new Histogram([0.01, 0.1]);
    const samples: Sample[] = [{ name: 'realtime_assign_duration_seconds', labels: cluster, value }];
    expect(entriesOf(samples, nothing, always, 0)).toEqual([]);
    for (const seconds of [0.002, 0.003, 7]) value.add(seconds);
    const first = entriesOf(samples, nothing, always, 0);
    expect(data(first)[0]).toMatchObject({ Unit: 'Seconds', Values: [0.01, 0.1], Counts: [2, 1] });
    value.add(0.05);
    const sent = taken(first, nothing);
    expect(data(entriesOf(samples, sent, always, 0))[0]).toMatchObject({ Values: [0.1], Counts: [1] });
  });

  it('keeps to the limits of the API, whatever was measured', () => {
    const number = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 361, -(2 ** 361)),
    );
    const histogram = fc.array(fc.tuple(number, fc.nat(1_000)), { maxLength: 400 }).map((buckets) => ({
      bounds: buckets.map(([bound]) => bound),
      counts: buckets.map(([, count]) => count),
      sum: 0,
    }));
    const labels = fc.nat(3_000).map((index) => ({ cluster: `c${index}` }));
    const sample: fc.Arbitrary<Sample> = fc.oneof(
      fc.record({ name: fc.constant('realtime_connections' as const), labels, value: number }),
      fc.record({ name: fc.constant('realtime_assigns_total' as const), labels, value: number }),
      fc.record({ name: fc.constant('realtime_assign_duration_seconds' as const), labels, value: histogram }),
    );
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
        const many = samples.flatMap((each) => Array.from({ length: 60 }, () => each));
        const entries = entriesOf(many, nothing, always, 0);
        const requests = requestsOf(entries);
        expect(requests.flat()).toEqual(entries);
        for (const request of requests) {
          const sent = data(request);
          expect(sent.length).toBeGreaterThan(0);
          expect(sent.length).toBeLessThanOrEqual(1_000);
          expect(JSON.stringify(sent).length).toBeLessThan(1_000_000);
          for (const { Value, Values, Counts } of sent) {
            const values = Values ?? [Value];
            expect(values.length).toBeGreaterThan(0);
            expect(values.length).toBeLessThanOrEqual(150);
            expect(Counts?.length ?? values.length).toBe(values.length);
            for (const value of values) expect(Math.abs(value ?? Number.NaN)).toBeLessThanOrEqual(2 ** 360);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
