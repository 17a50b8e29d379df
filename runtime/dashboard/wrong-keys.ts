import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../core/errors';

/** Answers to wrong keys are this far apart, in milliseconds. */
const APART_MS = 250;

/** Wrong keys whose answer is waited for; while there are so many, no further one is looked at. */
const MOST_WAITING = 20;

/**
 * Makes guessing slow: each wrong key's answer waits for its turn, four a second, whoever asks. A right key never waits, and is
 * turned away only while somebody guesses with twenty requests at once; sessions are not touched by it.
 */
export class WrongKeys {
  readonly #stopped = new AbortController();
  #waiting = 0;
  #nextAtMs = 0;

  constructor() {
    setMaxListeners(MOST_WAITING, this.#stopped.signal);
  }

  /** @throws FleetError WRONG_KEYS while too many wait. */
  admit(): void {
    if (this.#waiting >= MOST_WAITING) throw new FleetError('WRONG_KEYS');
  }

  /** Resolves when a wrong key may be answered. */
  async turn(): Promise<void> {
    const nowMs = performance.now();
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs) + APART_MS;
    this.#waiting += 1;
    try {
      await sleep(this.#nextAtMs - nowMs, undefined, { signal: this.#stopped.signal });
    } catch {
      // The server ends.
    } finally {
      this.#waiting -= 1;
    }
  }

  stop(): void {
    this.#stopped.abort();
  }
}
