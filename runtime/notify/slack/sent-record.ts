/** Where the times of the last messages outlive the program; Unix times in milliseconds. Both may reject. */
export interface SentStore {
  load(): Promise<readonly number[]>;
  /** @param forMs how long they matter, in milliseconds. */
  save(atMs: readonly number[], forMs: number): Promise<void>;
}

/** Pause between two tries to read, in milliseconds. */
const RETRY_MS = 2_000;
/** How long a message waits until its time is written down, in milliseconds. */
const SAVE_LIMIT_MS = 500;
/** The times are written anew this often, as the store may have been emptied, in milliseconds. */
const REPEAT_MS = 30_000;

/** Keeps the times of the last messages, here as those of a monotonic clock. Nothing rejects. */
export class SentRecord {
  readonly #store: SentStore;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #repeat: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #lastMs: readonly number[] = [];

  /** @param now Unix time in milliseconds. */
  constructor(store: SentStore, windowMs: number, now: () => number) {
    this.#store = store;
    this.#windowMs = windowMs;
    this.#now = now;
    this.#repeat = setInterval(() => {
      if (this.#lastMs.length > 0) void this.save(this.#lastMs);
    }, REPEAT_MS);
  }

  /**
   * The times of messages that an earlier start of this program sent. Tried again while the store does not answer; once they would not
   * matter any more there are none.
   */
  load(): Promise<readonly number[]> {
    const untilMs = performance.now() + this.#windowMs;
    return new Promise((resolve) => {
      const found = (atMs: readonly number[]) => resolve(atMs.map((at) => performance.now() - (this.#now() - at)));
      const again = () => {
        if (performance.now() > untilMs) resolve([]);
        else this.#retry = setTimeout(attempt, RETRY_MS);
      };
      const attempt = () => void this.#store.load().then(found, again);
      attempt();
    });
  }

  /** Resolves when they are written, or when that takes too long. */
  async save(sentMs: readonly number[]): Promise<void> {
    this.#lastMs = sentMs;
    const atMs = sentMs.map((ms) => Math.round(this.#now() - (performance.now() - ms)));
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, SAVE_LIMIT_MS);
    });
    await Promise.race([this.#store.save(atMs, this.#windowMs).catch(() => undefined), late]);
    clearTimeout(limit);
  }

  stop(): void {
    clearInterval(this.#repeat);
    clearTimeout(this.#retry);
  }
}
