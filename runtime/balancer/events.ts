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

/**
 * The last events in memory, served by `GET /v1/events`. One kind takes half of the room at most: players finish by the hundred,
 * and must not push out that a node died.
 */
export class EventLog implements EventSink {
  readonly #options: EventLogOptions;
  readonly #limit: number;
  readonly #events: RecordedEvent[] = [];
  readonly #counts = new Map<string, number>();
  #lastId = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#limit = options.limit ?? 1_000;
  }

  emit(event: FleetEvent): void {
    this.#lastId += 1;
    const recorded = { ...event, id: this.#lastId, atMs: this.#options.now() };
    this.#events.push(recorded);
    const count = (this.#counts.get(event.kind) ?? 0) + 1;
    this.#counts.set(event.kind, count);
    if (count > this.#limit / 2) this.#drop(this.#events.findIndex(({ kind }) => kind === event.kind));
    else if (this.#events.length > this.#limit) this.#drop(0);
    this.#options.onEvent?.(recorded);
  }

  /** Events with an id above `id`, oldest first, at most `limit`; those no longer in memory are skipped. */
  after(id: number, limit: number): readonly RecordedEvent[] {
    const from = this.#events.findIndex((event) => event.id > id);
    return from === -1 ? [] : this.#events.slice(from, from + limit);
  }

  #drop(index: number): void {
    for (const { kind } of this.#events.splice(index, 1)) this.#counts.set(kind, (this.#counts.get(kind) ?? 1) - 1);
  }
}
