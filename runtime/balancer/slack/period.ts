import { ordersOf, type StandingOrders } from '../../core/orders/standing';
import type { ClusterSnapshot } from '../../core/snapshot';
import { type Digest, type FleetReport, merge, type NotedEvent, withEvent } from '../../notify/slack';

/** What has happened since the last state report. */
export class Period {
  readonly #now: () => number;
  readonly #decisions = new Map<string, string>();
  #sinceMs: number;
  #beganMs: number;
  /** Of the report that is due, and of the one after it. */
  #reported: Digest = [];
  #happened: Digest = [];

  /** @param now Unix time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
    this.#beganMs = this.#sinceMs;
  }

  note(event: NotedEvent): void {
    this.#happened = withEvent(this.#happened, event);
    if (event.cluster !== undefined && event.kind.startsWith('scaling-')) {
      this.#decisions.set(event.cluster, event.reason);
    }
  }

  /** Its time is over: a report is due; one that is still due is of the longer time. */
  end(): void {
    this.#reported = merge(this.#reported, this.#happened);
    this.#happened = [];
    this.#beganMs = this.#now();
  }

  /** The report has been delivered, or is somebody else's. */
  forget(): void {
    this.#reported = [];
    this.#sinceMs = this.#beganMs;
  }

  report(
    snapshots: readonly ClusterSnapshot[],
    ownerOf: (cluster: string) => string | null,
    orders: StandingOrders,
  ): FleetReport {
    return {
      sinceMs: this.#sinceMs,
      atMs: this.#now(),
      clusters: snapshots.map((snapshot) => ({
        snapshot,
        owner: ownerOf(snapshot.cluster),
        decision: this.#decisions.get(snapshot.cluster) ?? null,
        paused: ordersOf(orders, snapshot.cluster).paused,
      })),
      maintenance: orders.maintenance,
      happened: this.#reported,
    };
  }
}
