import type { ErrorCode } from '../core/errors';
import { messageOf } from './complaints';
import type { EventSink } from './events';

/** After the first failure the next ones are summed up for this long, in milliseconds. */
const SUM_MS = 60_000;

/** Requests that failed by our own fault, as events: the first at once, those that follow once a minute. */
export class ApiErrors {
  readonly #events: EventSink;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  #last = '';

  constructor(events: EventSink) {
    this.#events = events;
  }

  /** A request was answered with this code; the caller's own mistakes and what it may try again are no failures. */
  note(code: ErrorCode, cause: unknown): void {
    if (code !== 'INTERNAL') return;
    this.#count += 1;
    this.#last = messageOf(cause);
    if (this.#timer === undefined) this.#tell();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#count === 0) return;
    const requests = this.#count === 1 ? 'a request was' : `${this.#count} requests were`;
    const reason = `${requests} answered with INTERNAL, the last because of: ${this.#last}`;
    this.#events.emit({ kind: 'api-errors', reason, details: { count: this.#count } });
    this.#count = 0;
    this.#timer = setTimeout(() => this.#tell(), SUM_MS);
  }
}
