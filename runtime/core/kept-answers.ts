/** An answer to a request with an idempotency key. */
export interface KeptAnswer<T> {
  /** Of the request's content: another request under the same key is refused. */
  readonly fingerprint: string;
  /** Unix milliseconds. */
  readonly untilMs: number;
  readonly answer: T;
}

/**
 * The latest answers by idempotency key, in two generations: when the younger one is old or large enough it takes the place of the
 * older one, which is forgotten as a whole. So nothing is ever searched for what has expired.
 */
export class KeptAnswers<T> {
  readonly #ttlMs: number;
  readonly #most: number;
  #younger = new Map<string, KeptAnswer<T>>();
  #older = new Map<string, KeptAnswer<T>>();
  #turnedMs = Number.NEGATIVE_INFINITY;

  /** @param ttlMs how long answers are good, in milliseconds. @param most answers in one generation. */
  constructor(ttlMs: number, most: number) {
    this.#ttlMs = ttlMs;
    this.#most = most;
  }

  /** The answer, while it is good. */
  find(key: string, nowMs: number): KeptAnswer<T> | undefined {
    const kept = this.#younger.get(key) ?? this.#older.get(key);
    return kept !== undefined && nowMs < kept.untilMs ? kept : undefined;
  }

  keep(key: string, kept: KeptAnswer<T>, nowMs: number): void {
    if (nowMs - this.#turnedMs >= this.#ttlMs || this.#younger.size >= this.#most) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#turnedMs = nowMs;
    }
    this.#younger.set(key, kept);
  }
}
