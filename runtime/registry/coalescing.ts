import type { ReserveOptions, ReserveRequest, ReserveResult, SeatRegistry } from './types';

interface Waiting {
  readonly request: ReserveRequest;
  readonly resolve: (result: ReserveResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The most requests in one script call: bounds how long one call keeps Redis from others. */
const MAX_BATCH = 500;

/** Calls under way at once: with the second, neither side waits for the other; more would only make them smaller. */
const MAX_UNDER_WAY = 2;

/**
 * Lets the requests of one event-loop turn share a script call, and those that come while the calls are under way share the next:
 * what a call costs besides its requests (a round trip, reading the nodes) is then paid least often just when load is highest.
 * Without load it costs nothing but the rest of the turn.
 */
export class CoalescingSeats {
  readonly #seats: Pick<SeatRegistry, 'reserve'>;
  readonly #options: () => ReserveOptions;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #scheduled = false;

  /** `options` is asked once for each call, so that it may change from turn to turn. */
  constructor(seats: Pick<SeatRegistry, 'reserve'>, options: () => ReserveOptions) {
    this.#seats = seats;
    this.#options = options;
  }

  /** As `SeatRegistry.reserve`, for one request. */
  reserve(request: ReserveRequest): Promise<ReserveResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= MAX_UNDER_WAY || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    this.#scheduled = false;
    this.#underWay += 1;
    const sent = this.#send(this.#waiting.splice(0, MAX_BATCH));
    this.#schedule();
    await sent;
    this.#underWay -= 1;
    this.#schedule();
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
