import type { EventEntry, EventStream } from '../../registry';
import { type RecordedEvent, StoredEvent } from './event';
import { KeptEvents } from './kept';
import type { EventLog } from './log';

export interface SharedEventsOptions {
  /** This balancer's own events. */
  readonly log: Pick<EventLog, 'onEvent'>;
  readonly stream: EventStream;
  /** How often the other balancer's are looked for, in milliseconds. @default 1_000 */
  readonly everyMs?: number;
  /** Most events in memory. @default 1_000 */
  readonly limit?: number;
}

/** Own events are gathered for this long before they are written, in milliseconds. */
const GATHER_MS = 50;
/** Most own events that wait for the registry; beyond it the oldest are dropped. */
const MOST_WAITING = 1_000;
/** Events read at once. */
const PAGE = 500;
/** How long the last events of a balancer that ends may hold it up, in milliseconds. */
const LAST_WORDS_MS = 500;

/**
 * The events of both balancers, in the order in which the registry got them: the same for both, so that an id of one is a cursor for
 * the other. While the registry cannot be written, this balancer's own are told from memory at the end of the list, under ids that
 * they keep until they are written; a caller may then see them a second time.
 */
export class SharedEvents {
  readonly #options: SharedEventsOptions;
  readonly #kept: KeptEvents<RecordedEvent>;
  readonly #listeners = new Set<(event: RecordedEvent) => void>();
  readonly #waiting: RecordedEvent[] = [];
  readonly #beat: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #soon: NodeJS.Timeout | undefined;
  #working: Promise<void> | null = null;
  #begun = false;
  #failing = false;
  #highestId = 0;

  constructor(options: SharedEventsOptions) {
    this.#options = options;
    this.#kept = new KeptEvents(options.limit ?? 1_000);
    this.#unlisten = options.log.onEvent((event) => this.#gather(event));
    this.#beat = setInterval(() => void this.#sync(), options.everyMs ?? 1_000);
    void this.#sync();
  }

  /** Events with an id above `id`, oldest first, at most `limit`; those no longer in memory are skipped. */
  after(id: number, limit: number): readonly RecordedEvent[] {
    const events = this.#kept.after(id, limit);
    if (!this.#failing) return events;
    const told = this.#untold().filter((event) => event.id > id);
    return [...events, ...told].slice(0, limit);
  }

  /**
   * Calls `listener`, which must not throw, with each event of either balancer once the registry has it: own ones after about 50 ms,
   * the other's within a second. @returns how to end it.
   */
  onEvent(listener: (event: RecordedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Writes what still waits, if that is quick. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    clearTimeout(this.#soon);
    this.#unlisten();
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, LAST_WORDS_MS);
    });
    const lastWords = (this.#working ?? Promise.resolve()).then(() => this.#sync());
    await Promise.race([lastWords, late]);
    clearTimeout(limit);
  }

  #gather(event: RecordedEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#soon ??= setTimeout(() => void this.#sync(), GATHER_MS);
  }

  /** Own events that are not in the registry yet, after all that are. */
  #untold(): RecordedEvent[] {
    const { lastId } = this.#kept;
    const told = this.#waiting.map((event, index) => ({ ...event, id: Math.max(event.id, lastId + 1 + index) }));
    this.#highestId = Math.max(this.#highestId, told.at(-1)?.id ?? 0);
    return told;
  }

  /** One at a time; what comes meanwhile is taken by the next. Never rejects. */
  async #sync(): Promise<void> {
    if (this.#working !== null) return;
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#working = this.#write()
      .then(() => this.#read())
      .then(
        () => this.#ended(false),
        () => this.#ended(true),
      );
    await this.#working;
  }

  #ended(failed: boolean): void {
    this.#failing = failed;
    this.#working = null;
    if (!failed && this.#waiting.length > 0) this.#soon ??= setTimeout(() => void this.#sync(), GATHER_MS);
  }

  async #write(): Promise<void> {
    const entries = this.#waiting.map(({ id, ...event }) => ({ id, text: JSON.stringify(event) }));
    if (entries.length === 0) return;
    await this.#options.stream.append(entries, Math.max(this.#highestId, this.#kept.lastId));
    const last = entries.at(-1)?.id ?? 0;
    while ((this.#waiting[0]?.id ?? Number.POSITIVE_INFINITY) <= last) this.#waiting.shift();
  }

  async #read(): Promise<void> {
    const { stream } = this.#options;
    if (!this.#begun) {
      for (const entry of await stream.latest(PAGE)) this.#add(entry);
      this.#begun = true;
      return;
    }
    for (;;) {
      const entries = await stream.after(this.#kept.lastId, PAGE);
      for (const entry of entries) this.#add(entry);
      if (entries.length < PAGE) return;
    }
  }

  #add({ id, text }: EventEntry): void {
    const event = parseEvent(text, id);
    this.#kept.add(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** What cannot be read, e.g. of a later release, is shown as such: the list goes on. */
function parseEvent(text: string, id: number): RecordedEvent {
  try {
    const { cluster, nodeId, by, details, ...event } = StoredEvent.parse(JSON.parse(text));
    return {
      ...event,
      id,
      ...(cluster !== undefined && { cluster }),
      ...(nodeId !== undefined && { nodeId }),
      ...(by !== undefined && { by }),
      ...(details !== undefined && { details }),
    };
  } catch {
    return { id, kind: 'event-unreadable', reason: text.slice(0, 200), atMs: 0, balancerId: '' };
  }
}
