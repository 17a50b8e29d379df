import type { Logger } from 'pino';
import { StandingOrders } from '../../core/orders/standing';
import { type OrderStore, RegistryUnavailable } from '../../registry';
import { Complaints, messageOf } from '../complaints';

export interface OrderBookOptions {
  readonly store: OrderStore;
  readonly log: Logger;
  /** How often it is looked at what the other balancer was ordered, in milliseconds. @default 1_000 */
  readonly everyMs?: number;
}

/** How often a change is tried against others who change at the same moment. */
const ATTEMPTS = 5;

/**
 * The orders of operators that last, as both balancers know them. What is known stays known while the registry does not answer, and
 * is written back when it was lost there: of two versions the one with the higher revision holds.
 */
export class OrderBook {
  readonly #options: OrderBookOptions;
  readonly #complaints: Complaints;
  readonly #listeners = new Set<(orders: StandingOrders) => void>();
  readonly #beat: NodeJS.Timeout;
  #known: StandingOrders = StandingOrders.parse({});
  #isRead = false;

  constructor(options: OrderBookOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
    this.#beat = setInterval(() => void this.#look(), options.everyMs ?? 1_000);
    this.look();
  }

  /** Looks at once instead of at the next turn: the registry has just come within reach. */
  look(): void {
    void this.#look();
  }

  /** False until the registry has answered for the first time: there may be orders that we do not know of. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** As they stand now; none until `isRead`. */
  get orders(): StandingOrders {
    return this.#known;
  }

  /** Calls `listener`, which must not throw, whenever they have changed. */
  onChange(listener: (orders: StandingOrders) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Changes them for both balancers. `change` may be called several times; it gets them as they stand, and returns the same object when there is
   * nothing to do.
   * @throws RegistryUnavailable when they cannot be stored; nothing has changed then, or it shows within a second.
   */
  async change(change: (orders: StandingOrders) => StandingOrders): Promise<StandingOrders> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const expected = await this.#load();
      const before = this.#known;
      const after = change(before);
      if (after === before) return before;
      const next = { ...after, rev: before.rev + 1 };
      if (await this.#options.store.save(expected, next.rev, JSON.stringify(next))) {
        this.#learn(next);
        return next;
      }
    }
    throw new Error('others change the orders all the time');
  }

  stop(): void {
    clearInterval(this.#beat);
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      const stored = await this.#load();
      const known = this.#known;
      if (stored < known.rev) await this.#options.store.save(stored, known.rev, JSON.stringify(known));
      this.#complaints.settle('orders');
    } catch (error) {
      // That the registry is away is told by its connection.
      if (error instanceof RegistryUnavailable) return;
      this.#complaints.raise('orders', `the orders of operators cannot be looked at: ${messageOf(error)}`);
    }
  }

  /** Learns what is newer; the revision that is stored. */
  async #load(): Promise<number> {
    const stored = await this.#options.store.load();
    this.#isRead = true;
    if (stored === null) return 0;
    if (stored.rev > this.#known.rev) this.#learn(StandingOrders.parse(JSON.parse(stored.text)));
    return stored.rev;
  }

  #learn(orders: StandingOrders): void {
    this.#known = orders;
    for (const listener of this.#listeners) listener(orders);
  }
}
