import { EVENTS_PER_MS } from '../../registry';
import type { EventSink, FleetEvent, RecordedEvent } from './event';
import { KeptEvents } from './kept';

interface EventLogOptions {
  /** This balancer's. */
  readonly balancerId: string;
  /** Most events kept. @default 1_000 */
  readonly limit?: number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** What this balancer did and saw. Operators are shown `SharedEvents`, which has the other balancer's as well. */
export class EventLog implements EventSink {
  readonly #options: EventLogOptions;
  readonly #kept: KeptEvents<RecordedEvent>;
  readonly #listeners = new Set<(event: RecordedEvent) => void>();
  #lastId = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#kept = new KeptEvents(options.limit ?? 1_000);
  }

  emit(event: FleetEvent): void {
    const { balancerId, now } = this.#options;
    const atMs = now();
    this.#lastId = Math.max(this.#lastId + 1, atMs * EVENTS_PER_MS);
    const recorded = { ...event, id: this.#lastId, atMs, balancerId };
    this.#kept.add(recorded);
    for (const listener of this.#listeners) listener(recorded);
  }

  /** Calls `listener`, which must not throw, with each event of this balancer as it happens. @returns how to end it. */
  onEvent(listener: (event: RecordedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Events of this balancer with an id above `id`, oldest first, at most `limit`. */
  after(id: number, limit: number): readonly RecordedEvent[] {
    return this.#kept.after(id, limit);
  }
}
