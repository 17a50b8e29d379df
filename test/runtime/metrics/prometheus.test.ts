import { describe, expect, it } from '@jest/globals';
import { Histogram } from '../../../runtime/core/histogram';
import { METRICS, type MetricName, metric, type Sample } from '../../../runtime/core/metrics';
import { exposition } from '../../../runtime/metrics/prometheus';
import { parseExposition } from '../../support/exposition';

function shown(samples: () => readonly Sample[], of: 'balancer' | 'node' = 'balancer') {
  return exposition({ of, labels: { stack: 'test' }, samples });
}

describe('the exposition', () => {
  it('declares every metric of the table that this program has, with its help and kind, and no other', async () => {
    for (const program of ['balancer', 'node'] as const) {
      const text = await shown(() => [], program).text();
      const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]);
      const expected = (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].of === program);
      expect(declared).toEqual(expected.map((name) => [name, metric(name).kind]));
      for (const name of expected) expect(text).toContain(`# HELP ${name} ${metric(name).help}\n`);
    }
  });

  it('has the values of the moment of the scrape; what is not said any more is gone', async () => {
    let samples: Sample[] = [
      { name: 'realtime_peer_up', labels: {}, value: 1 },
      { name: 'realtime_assigns_total', labels: { cluster: 'lobby' }, value: 7 },
      { name: 'realtime_nodes', labels: { cluster: 'lobby', state: 'red' }, value: 2 },
    ];
    const { text } = shown(() => samples);
    expect(parseExposition(await text())).toEqual(
      new Map([
        ['realtime_nodes{cluster="lobby",state="red",stack="test"}', 2],
        ['realtime_assigns_total{cluster="lobby",stack="test"}', 7],
        ['realtime_peer_up{stack="test"}', 1],
      ]),
    );
    samples = [{ name: 'realtime_assigns_total', labels: { cluster: 'lobby' }, value: 9 }];
    expect(parseExposition(await text())).toEqual(
      new Map([['realtime_assigns_total{cluster="lobby",stack="test"}', 9]]),
    );
  });

  it('writes histograms as Prometheus reads them: cumulated, with sum and count', async () => {
    const value = new Histogram([0.001, 0.01]);
    for (const seconds of [0.0005, 0.001, 0.005, 3]) value.add(seconds);
    const labels = { cluster: 'lobby' };
    const { text } = shown(() => [{ name: 'realtime_assign_duration_seconds', labels, value }]);
    const series = parseExposition(await text());
    const of = (suffix: string, le = '') =>
      series.get(`realtime_assign_duration_seconds_${suffix}{cluster="lobby"${le},stack="test"}`);
    expect([of('bucket', ',le="0.001"'), of('bucket', ',le="0.01"'), of('bucket', ',le="+Inf"')]).toEqual([2, 3, 4]);
    expect([of('count'), of('sum')]).toEqual([4, expect.closeTo(3.0065)]);
  });

  it('keeps each exposition to itself', async () => {
    const one = shown(() => [{ name: 'realtime_redis_up', labels: {}, value: 1 }]);
    const other = shown(() => [{ name: 'realtime_redis_up', labels: {}, value: 0 }]);
    const [first, second] = await Promise.all([one.text(), other.text()]);
    expect(parseExposition(first).get('realtime_redis_up{stack="test"}')).toBe(1);
    expect(parseExposition(second).get('realtime_redis_up{stack="test"}')).toBe(0);
  });
});
