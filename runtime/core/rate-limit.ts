/** pass: handle it. drop: ignore it. warn: ignore it and say so. expel: close the connection. */
export type Verdict = 'pass' | 'drop' | 'warn' | 'expel';

/** A client is expelled that sends so many times its rate… */
const EXCESS = 10;
/** …in so many seconds in a row. */
const EXCESS_SECONDS = 3;

/** A token bucket for one client's messages; it holds one second's worth. Times in milliseconds of a clock that only goes forward. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #secondBeganMs: number;
  #inSecond = 0;
  #excessSeconds = 0;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAtMs = nowMs;
    this.#secondBeganMs = nowMs;
  }

  /** One message came. */
  take(nowMs: number): Verdict {
    if (this.#isExcess(nowMs)) return 'expel';
    const gained = ((nowMs - this.#filledAtMs) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 'pass';
    }
    if (nowMs - this.#warnedAtMs < 1_000) return 'drop';
    this.#warnedAtMs = nowMs;
    return 'warn';
  }

  #isExcess(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#secondBeganMs;
    if (elapsedMs >= 1_000) {
      const wasExcess = elapsedMs < 2_000 && this.#inSecond >= EXCESS * this.#perSecond;
      this.#excessSeconds = wasExcess ? this.#excessSeconds + 1 : 0;
      this.#secondBeganMs = nowMs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#excessSeconds >= EXCESS_SECONDS;
  }
}
