/** Growing numbers stay exact integers for long: the first number is below 2^40, the limit is 2^53. */
const FIRST_BELOW = 2 ** 40;

/**
 * The last events of a node, numbered without gaps, for pollers who each remember how far they have read.
 * Keeps at least `limit` events and at most twice as many.
 */
export class EventLog<T> {
  readonly #limit: number;
  #events: T[] = [];
  /** Number of the event before the oldest kept. */
  #before: number;

  /** @param random 0 ≤ random < 1. Numbers start at random, so a cursor from an earlier start of the node is hardly ever taken for one of this. */
  constructor(limit: number, random: number) {
    this.#limit = limit;
    this.#before = 1 + Math.floor(random * FIRST_BELOW);
  }

  /** Number of the newest event: the cursor of a poller who has read everything. Never 0. */
  get cursor(): number {
    return this.#before + this.#events.length;
  }

  append(event: T): void {
    this.#events.push(event);
    if (this.#events.length <= 2 * this.#limit) return;
    this.#events = this.#events.slice(-this.#limit);
    this.#before += this.#limit + 1;
  }

  /** Events after the cursor; null when the cursor is 0, too old, or not of this log. */
  since(cursor: number): readonly T[] | null {
    if (cursor < this.#before || cursor > this.cursor) return null;
    return this.#events.slice(cursor - this.#before);
  }
}
