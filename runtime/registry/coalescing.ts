import type { ReserveOptions, ReserveRequest, ReserveResult, SeatRegistry } from './types';

interface Waiting {
  readonly request: ReserveRequest;
  readonly resolve: (result: ReserveResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The most requests in one script call: bounds how long one call keeps Redis from others. */
const MAX_BATCH = 500;

/**
 * Lets the requests of one event-loop turn share a script call, and those that come while a call is under way share the next:
 * what a call costs besides its requests (a round trip, reading the nodes) is then paid least often just when load is highest.
 * Without load it costs nothing but the rest of the turn.
 */
export class CoalescingSeats {
  readonly #seats: Pick<SeatRegistry, 'reserve'>;
  readonly #options: () => ReserveOptions;
  #waiting: Waiting[] = [];
  #busy = false;

  /** `options` is asked once for each call, so that it may change from turn to turn. */
  constructor(seats: Pick<SeatRegistry, 'reserve'>, options: () => ReserveOptions) {
    this.#seats = seats;
    this.#options = options;
  }

  /** As `SeatRegistry.reserve`, for one request. */
  reserve(request: ReserveRequest): Promise<ReserveResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Sends all that wait, at once even where it takes several calls: nobody waits longer than two calls last. */
  async #flush(): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const waiting = this.#waiting.splice(0); waiting.length > 0; ) {
      calls.push(this.#send(waiting.splice(0, MAX_BATCH)));
    }
    await Promise.all(calls);
    this.#busy = this.#waiting.length > 0;
    if (this.#busy) setImmediate(() => this.#flush());
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#seats.reserve(
        batch.map(({ request }) => request),
        this.#options(),
      );
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('the registry left a request without an answer'));
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
