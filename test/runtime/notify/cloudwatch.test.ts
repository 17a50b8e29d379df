import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import type { Sample } from '../../../runtime/core/metrics';
import { CloudWatchReporter, untilNext } from '../../../runtime/notify/cloudwatch';
import { keptLog } from '../balancer/support';

const cloudWatch = mockClient(CloudWatchClient);
let reporter: CloudWatchReporter;
let samples: Sample[];
let kept: ReturnType<typeof keptLog>;
let nowMs: number;

beforeEach(() => {
  cloudWatch.reset();
  cloudWatch.on(PutMetricDataCommand).resolves({});
  nowMs = 123_456;
  samples = assigns(5);
  kept = keptLog();
  reporter = new CloudWatchReporter({
    namespace: 'realtime-fleet/test',
    client: new CloudWatchClient({ region: 'ap-northeast-1' }),
    samples: () => samples,
    owns: () => true,
    log: kept.log,
    now: () => nowMs,
  });
});
afterEach(() => reporter.stop());

function assigns(value: number): Sample[] {
  return [{ name: 'realtime_assigns_total', labels: { cluster: 'lobby' }, value }];
}

/** What the calls so far brought. */
function sent(): MetricDatum[][] {
  return cloudWatch.commandCalls(PutMetricDataCommand).map(({ args: [{ input }] }) => input.MetricData ?? []);
}

describe('the reporter', () => {
  it('sends to the namespace of the stack, with the time of the full minute', async () => {
    await reporter.send();
    const [call] = cloudWatch.commandCalls(PutMetricDataCommand);
    expect(call?.args[0].input.Namespace).toBe('realtime-fleet/test');
    expect(sent()).toEqual([[expect.objectContaining({ Value: 5, Timestamp: new Date(120_000) })]]);
  });

  it('sends nothing when there is nothing', async () => {
    samples = [];
    await reporter.send();
    expect(sent()).toEqual([]);
  });

  it('loses no count when CloudWatch throttles: it comes with the next minute, and is complained about once', async () => {
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'Throttling' });
    cloudWatch.on(PutMetricDataCommand).rejectsOnce(throttled).rejectsOnce(throttled).resolves({});
    await reporter.send();
    samples = assigns(6);
    await reporter.send();
    samples = assigns(8);
    await reporter.send();
    await reporter.send();
    expect(sent().map(([datum]) => datum?.Value)).toEqual([5, 6, 8]);
    expect(kept.lines.map(({ level }) => level)).toEqual([40, 30]);
    expect(kept.lines[0]).toMatchObject({ reason: 'Rate exceeded' });
  });

  it('takes each request by itself: when the second of three fails, only its counts come again', async () => {
    const many = (value: number) =>
      Array.from({ length: 2_500 }, (_, index): Sample => {
        return { name: 'realtime_assigns_total', labels: { cluster: `c${index}` }, value };
      });
    samples = many(1);
    cloudWatch.on(PutMetricDataCommand).resolvesOnce({}).rejectsOnce(new Error('InternalServiceFault')).resolves({});
    await reporter.send();
    const first = sent();
    expect(first.flat()).toHaveLength(2_500);
    await reporter.send();
    expect(sent().slice(first.length).flat()).toEqual(first[1]);
  });

  it('does not begin with a minute before the last one has ended', async () => {
    let answer = (_: unknown): void => undefined;
    cloudWatch.on(PutMetricDataCommand).callsFake(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const first = reporter.send();
    await reporter.send();
    expect(sent()).toHaveLength(1);
    answer({});
    await first;
    samples = assigns(6);
    const second = reporter.send();
    answer({});
    await second;
    expect(sent().map(([datum]) => datum?.Value)).toEqual([5, 1]);
  });

  it('sends once in each minute of the clock, five seconds after it began', () => {
    expect(untilNext(0)).toBe(65_000);
    expect(untilNext(59_999)).toBe(5_001);
    // Just sent: not again in this minute, however early or late the timer is.
    for (const slack of [-1_000, 0, 1_000, 50_000]) expect(untilNext(65_000 + slack)).toBe(60_000 - slack);
  });
});
