import type { ReserveOptions, ReserveRequest, ReserveResult, SeatRegistry } from './types';

interface Waiting {
  readonly request: ReserveRequest;
  readonly resolve: (result: ReserveResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The most requests in one script call: bounds how long one call keeps Redis from others. */
const MAX_BATCH = 500;

/**
 * Lets the requests of one event-loop turn share a script call. Under load this is the difference between one round trip per
 * join and one per turn; without load it costs nothing but the rest of the turn.
 */
export class CoalescingSeats {
  readonly #seats: Pick<SeatRegistry, 'reserve'>;
  readonly #options: () => ReserveOptions;
  #waiting: Waiting[] = [];

  /** `options` is asked once for each call, so that it may change from turn to turn. */
  constructor(seats: Pick<SeatRegistry, 'reserve'>, options: () => ReserveOptions) {
    this.#seats = seats;
    this.#options = options;
  }

  /** As `SeatRegistry.reserve`, for one request. */
  reserve(request: ReserveRequest): Promise<ReserveResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ request, resolve, reject });
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += MAX_BATCH)
      void this.#send(waiting.slice(start, start + MAX_BATCH));
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
