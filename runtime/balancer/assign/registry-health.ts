import { type AnsweringState, INITIAL_ANSWERING, type Look, stepAnswering } from '../../core/answering';
import { RegistryUnavailable } from '../../registry/types';
import { messageOf } from '../complaints';

export interface RegistryHealthOptions {
  /** Writes something, so that a registry that only reads fails as well. */
  readonly ask: () => Promise<unknown>;
  /** Told of each change: null when the registry is relied on again, else why it is not. */
  readonly onChange: (problem: string | null) => void;
}

/** Period of the looks, in milliseconds. */
const PERIOD_MS = 100;

/** A look without an answer for this long has failed, in milliseconds: far less than callers wait, far more than Redis needs. */
const LIMIT_MS = 400;

/** How long the registry must have answered before it is relied on again, in milliseconds. */
const STEADY_MS = 1_000;

/** A tick counts at most this much of what it came late, in milliseconds: our own pause accuses nobody. */
const MOST_COUNTED_MS = 2 * PERIOD_MS;

/**
 * Judges whether the registry is to be relied on: it is asked all the time, one question after the other. Whoever waits for it when it
 * is given up is told at once, and need not wait for a time limit of its own.
 */
export class RegistryHealth {
  readonly #options: RegistryHealthOptions;
  readonly #waiting = new Set<() => void>();
  readonly #beat: NodeJS.Timeout;
  #state: AnsweringState = INITIAL_ANSWERING;
  #tickedMs = performance.now();
  /** How long the question under way has not been answered, in milliseconds; null: none is. */
  #unansweredMs: number | null = null;
  #turn = 0;
  #stopped = false;

  constructor(options: RegistryHealthOptions) {
    this.#options = options;
    // What has come in meanwhile is read first: the answer may be among it.
    this.#beat = setInterval(() => setImmediate(() => this.#tick()), PERIOD_MS);
    void this.#ask();
  }

  /** Why the registry is not relied on, for a person to read; null while it is. */
  get problem(): string | null {
    return this.#state.problem;
  }

  get answers(): boolean {
    return this.#state.problem === null;
  }

  /** Grows each time the registry is given up: what was asked of it before is not to be believed any more. */
  get turn(): number {
    return this.#turn;
  }

  /** Something that was asked of the registry failed, or the connection is gone. */
  failed(problem: string): void {
    this.#look(problem);
  }

  /**
   * The outcome of a call to the registry.
   * @throws RegistryUnavailable as soon as the registry is given up; nothing is called when it has been before.
   */
  whileAnswering<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new RegistryUnavailable(this.#state.problem));
      if (!this.answers) {
        giveUp();
        return;
      }
      this.#waiting.add(giveUp);
      const done =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          this.#waiting.delete(giveUp);
          settle(value);
        };
      call().then(done(resolve), done(reject));
    });
  }

  /** Nothing is judged from now on. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#beat);
  }

  #tick(): void {
    const nowMs = performance.now();
    const counted = Math.min(nowMs - this.#tickedMs, MOST_COUNTED_MS);
    this.#tickedMs = nowMs;
    if (this.#unansweredMs === null) {
      void this.#ask();
      return;
    }
    this.#unansweredMs += counted;
    if (this.#unansweredMs >= LIMIT_MS) this.#look(`no answer for ${Math.round(this.#unansweredMs)} ms`);
  }

  async #ask(): Promise<void> {
    this.#unansweredMs = 0;
    try {
      await this.#options.ask();
      const tookMs = this.#unansweredMs;
      this.#look(tookMs < LIMIT_MS ? null : `its answers take ${Math.round(tookMs)} ms`);
    } catch (error) {
      this.#look(error instanceof RegistryUnavailable ? messageOf(error.cause) : messageOf(error));
    } finally {
      this.#unansweredMs = null;
    }
  }

  #look(look: Look): void {
    if (this.#stopped) return;
    const before = this.#state.problem;
    this.#state = stepAnswering(this.#state, look, performance.now(), { steadyMs: STEADY_MS });
    const { problem } = this.#state;
    if ((before === null) === (problem === null)) return;
    if (problem !== null) {
      this.#turn += 1;
      for (const giveUp of this.#waiting) giveUp();
      this.#waiting.clear();
    }
    this.#options.onChange(problem);
  }
}
