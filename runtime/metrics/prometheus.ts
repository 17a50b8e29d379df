import { Counter, collectDefaultMetrics, Gauge, Histogram, type PrometheusContentType, Registry } from 'prom-client';
import { METRICS, type MetricName, type MetricSpec, metric, type Sample } from '../core/metrics';

export interface ExpositionOptions {
  /** Whose metrics of the table they are. */
  readonly of: MetricSpec['of'];
  /** Labels of every series, e.g. the stack. */
  readonly labels: Readonly<Record<string, string>>;
  /** Asked at each scrape. */
  readonly samples: () => readonly Sample[];
  /** Metrics of the process as well (CPU, memory, garbage collection); they cannot be stopped, so once a process. @default false */
  readonly process?: boolean;
}

/** What Prometheus reads. */
export interface Exposition {
  readonly contentType: PrometheusContentType;
  text(): Promise<string>;
}

/** These walk over every open connection at each scrape, and say what `realtime_node_connections` says. */
const COSTLY = [
  ...['nodejs_active_handles', 'nodejs_active_handles_total', 'nodejs_active_requests', 'nodejs_active_requests_total'],
  ...['nodejs_active_resources', 'nodejs_active_resources_total', 'process_open_fds'],
];

/** The metrics of the table as Prometheus reads them. Nothing is counted here: the values are fetched at each scrape. */
export function exposition(options: ExpositionOptions): Exposition {
  const registry = new Registry();
  registry.setDefaultLabels({ ...options.labels });
  const shown = names(options.of).map((name) => [name, show(registry, name)] as const);
  if (options.process === true) {
    collectDefaultMetrics({ register: registry });
    for (const name of COSTLY) registry.removeSingleMetric(name);
  }
  return {
    contentType: registry.contentType,
    text: async () => {
      const samples = options.samples();
      for (const [name, take] of shown) take(samples.filter((sample) => sample.name === name));
      return registry.metrics();
    },
  };
}

function names(of: MetricSpec['of']): MetricName[] {
  return (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].of === of);
}

type Take = (samples: readonly Sample[]) => void;

/** Registers the metric; what is returned replaces its values. */
function show(registry: Registry, name: MetricName): Take {
  const { kind, help, labels } = metric(name);
  const about = { name, help, labelNames: labels, registers: [registry] };
  switch (kind) {
    case 'gauge': {
      const gauge = new Gauge(about);
      return (samples) => {
        gauge.reset();
        // A metric without labels begins with 0, which nobody has said.
        if (labels.length === 0) gauge.remove();
        for (const { labels: of, value } of samples) if (typeof value === 'number') gauge.set(of, value);
      };
    }
    case 'counter': {
      const counter = new Counter(about);
      return (samples) => {
        counter.reset();
        for (const { labels: of, value } of samples) if (typeof value === 'number') counter.inc(of, value);
      };
    }
    case 'histogram': {
      const histogram = new CountedHistogram(about);
      return (samples) => histogram.take(samples);
    }
  }
}

/** A histogram whose values were counted elsewhere: to observe each one here would cost more than many a request. */
class CountedHistogram extends Histogram {
  readonly #about: { readonly name: string; readonly help: string };
  #samples: readonly Sample[] = [];

  constructor(about: ConstructorParameters<typeof Histogram>[0]) {
    super(about);
    this.#about = about;
  }

  take(samples: readonly Sample[]): void {
    this.#samples = samples;
  }

  /** What the library asks when it writes the text; its types do not say so, `test/runtime/metrics/prometheus.test.ts` does. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#about;
    return { name, help, type: 'histogram', values: this.#samples.flatMap((sample) => lines(name, sample)) };
  }
}

function lines(name: string, { labels, value }: Sample): object[] {
  if (typeof value === 'number') return [];
  let count = 0;
  const buckets = value.counts.map((more, index) => {
    count += more;
    const le = value.bounds[index] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: value.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
