/** Something that happened and that an operator wants to know. */
export interface FleetEvent {
  /** Noun and what befell it, e.g. `node-red`, `mass-failure-began`, `room-finished`. */
  readonly kind: string;
  readonly cluster?: string;
  readonly nodeId?: string;
  /** Why, for a person to read. */
  readonly reason: string;
  /** Further facts, JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface RecordedEvent extends FleetEvent {
  /** Grows by one; starts at 1 with each start of the balancer. */
  readonly id: number;
  /** Unix time in milliseconds. */
  readonly atMs: number;
}

/** Where the parts of a balancer report what they did. */
export interface EventSink {
  emit(event: FleetEvent): void;
}

interface EventLogOptions {
  /** Most events kept. @default 1_000 */
  readonly limit?: number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Called with each event, e.g. to log it. */
  readonly onEvent?: (event: RecordedEvent) => void;
}

/** The last events in memory, served by `GET /v1/events`. */
export class EventLog implements EventSink {
  private readonly options: EventLogOptions;
  private readonly limit: number;
  private readonly events: RecordedEvent[] = [];
  private lastId = 0;

  constructor(options: EventLogOptions) {
    this.options = options;
    this.limit = options.limit ?? 1_000;
  }

  emit(event: FleetEvent): void {
    this.lastId += 1;
    const recorded = { ...event, id: this.lastId, atMs: this.options.now() };
    this.events.push(recorded);
    if (this.events.length > this.limit) this.events.shift();
    this.options.onEvent?.(recorded);
  }

  /** Events with an id above `id`, oldest first, at most `limit`; what fell out of the memory is skipped. */
  after(id: number, limit: number): readonly RecordedEvent[] {
    const firstId = this.lastId - this.events.length + 1;
    const from = Math.max(0, id - firstId + 1);
    return this.events.slice(from, from + limit);
  }
}
