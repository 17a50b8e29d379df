import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Logger } from 'pino';
import type { Distribution, Sample } from '../core/metrics';
import { type Entry, entriesOf, requestsOf } from './metric-data';

export interface CloudWatchOptions {
  /** Of the stack's metrics, e.g. `realtime-fleet/prod-realtime`. */
  readonly namespace: string;
  /** @default a client with the region and the credentials that the SDK finds */
  readonly client?: CloudWatchClient;
  /** Everything that this balancer reports, as of now. */
  readonly samples: () => readonly Sample[];
  /** Whether this balancer owns a cluster. */
  readonly owns: (cluster: string) => boolean;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Unix time in milliseconds. @default Date.now */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;

/** Data is sent so long after the full minute, in milliseconds: clearly within it, whatever the timer's slack. */
const OFFSET_MS = 5_000;

/** A request may take so long, its repetitions included, in milliseconds. */
const LIMIT_MS = 30_000;

/** Until the time to send in the next minute of the clock, in milliseconds. */
export function untilNext(nowMs: number): number {
  return (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS + OFFSET_MS - nowMs;
}

/**
 * Sends metrics to CloudWatch, once in each minute of the clock, so that every minute has one value of each gauge. Nobody waits for it: a minute
 * whose request fails after the SDK's own repetitions is left out, and what was counted in it comes with the next one.
 */
export class CloudWatchReporter {
  readonly #options: CloudWatchOptions;
  readonly #client: CloudWatchClient;
  readonly #now: () => number;
  readonly #sent = new Map<string, number | Distribution>();
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #failing = false;
  #stopped = false;

  constructor(options: CloudWatchOptions) {
    this.#options = options;
    this.#client = options.client ?? new CloudWatchClient({});
    this.#now = options.now ?? Date.now;
    this.#schedule();
  }

  /** Sends what there is now. Never rejects; does nothing while the minute before is still being sent. */
  async send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      const { samples, owns } = this.#options;
      const atMs = Math.floor(this.#now() / MINUTE_MS) * MINUTE_MS;
      for (const request of requestsOf(entriesOf(samples(), this.#sent, owns, atMs))) await this.#put(request);
    } finally {
      this.#sending = false;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client.destroy();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#schedule();
      void this.send();
    }, untilNext(this.#now()));
  }

  async #put(entries: readonly Entry[]): Promise<void> {
    const { namespace, log } = this.#options;
    const MetricData = entries.flatMap(({ data }) => data);
    try {
      const abortSignal = AbortSignal.timeout(LIMIT_MS);
      await this.#client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }), { abortSignal });
    } catch (error) {
      // Told once: it would come every minute.
      if (!this.#failing && !this.#stopped) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ namespace, reason }, 'CloudWatch takes no metrics; trying again every minute');
      }
      this.#failing = true;
      return;
    }
    for (const { series, upTo } of entries) if (upTo !== null) this.#sent.set(series, upTo);
    if (this.#failing) log.info({ namespace }, 'CloudWatch takes metrics again');
    this.#failing = false;
  }
}
