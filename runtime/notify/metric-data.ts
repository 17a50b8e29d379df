import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { type Distribution, metric, type Sample } from '../core/metrics';

/** Limits of PutMetricData: metrics in a request, different values of a metric, and the size of a value. */
const MOST_METRICS = 1_000;
const MOST_VALUES = 150;
const LARGEST = 2 ** 360;

/**
 * Of values and dimensions together, so many go into one request, which may have 1 MB: each takes some 100 bytes in the longest of the
 * protocols that SDKs have used.
 */
const MOST_ITEMS = 8_000;

/** What was sent of a counter or histogram so far, by series. */
export type Sent = ReadonlyMap<string, number | Distribution>;

/** One series to send, and what will have been sent of it when CloudWatch has taken it. */
export interface Entry {
  readonly series: string;
  readonly data: readonly MetricDatum[];
  /** Null for a gauge, of which nothing is remembered. */
  readonly upTo: number | Distribution | null;
}

/**
 * What CloudWatch is to get of these samples. A counter that counted nothing is left out, so that it costs nothing.
 * @param owns whether this balancer owns a cluster: then it alone tells how the cluster is.
 * @param atMs time of the data, Unix milliseconds.
 */
export function entriesOf(
  samples: readonly Sample[],
  sent: Sent,
  owns: (cluster: string) => boolean,
  atMs: number,
): Entry[] {
  return samples.flatMap((sample): Entry[] => {
    const { name, labels, value } = sample;
    const { cloudWatch, unit, kind } = metric(name);
    if (cloudWatch === undefined || (cloudWatch === 'owner' && !owns(labels.cluster ?? ''))) return [];
    const series = JSON.stringify([name, labels]);
    const about: MetricDatum = {
      MetricName: name,
      Dimensions: Object.entries(labels).map(([Name, Value]) => ({ Name, Value })),
      Timestamp: new Date(atMs),
      Unit: unit === 'count' ? 'Count' : unit === 'seconds' ? 'Seconds' : 'None',
    };
    const before = sent.get(series);
    if (typeof value !== 'number') {
      const upTo = { ...value, counts: [...value.counts] };
      const news = distributed(value, typeof before === 'object' ? before : undefined);
      return news.length === 0 ? [] : [{ series, data: news.map((values) => ({ ...about, ...values })), upTo }];
    }
    const news = kind === 'counter' ? value - (typeof before === 'number' ? before : 0) : value;
    if (!isUsable(news) || (kind === 'counter' && news === 0)) return [];
    return [{ series, data: [{ ...about, Value: news }], upTo: kind === 'counter' ? value : null }];
  });
}

/** As many entries to a request as it may have. */
export function requestsOf(entries: readonly Entry[]): Entry[][] {
  const requests: Entry[][] = [];
  let metrics = 0;
  let items = 0;
  for (const entry of entries) {
    const weight = entry.data.reduce((sum, { Values, Dimensions }) => {
      return sum + 4 + 2 * (Values?.length ?? 1) + 2 * (Dimensions?.length ?? 0);
    }, 0);
    const last = requests.at(-1);
    if (last === undefined || metrics + entry.data.length > MOST_METRICS || items + weight > MOST_ITEMS) {
      requests.push([entry]);
      metrics = entry.data.length;
      items = weight;
    } else {
      last.push(entry);
      metrics += entry.data.length;
      items += weight;
    }
  }
  return requests;
}

/** What came since, as values and how often each occurred: a bucket's is its upper bound, so that nothing looks faster than it was. */
function distributed({ bounds, counts }: Distribution, before: Distribution | undefined) {
  const longest = bounds.at(-1) ?? 0;
  const news = counts
    .map((count, index) => ({ value: bounds[index] ?? longest, count: count - (before?.counts[index] ?? 0) }))
    .filter(({ value, count }) => count > 0 && isUsable(value));
  return Array.from({ length: Math.ceil(news.length / MOST_VALUES) }, (_, part) => {
    const some = news.slice(part * MOST_VALUES, (part + 1) * MOST_VALUES);
    return { Values: some.map(({ value }) => value), Counts: some.map(({ count }) => count) };
  });
}

/** CloudWatch refuses a whole request for one value that is none. */
function isUsable(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= LARGEST;
}
