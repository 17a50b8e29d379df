import type { SlackMessage } from './blocks';
import type { Digest } from './digest';
import type { NotedEvent } from './kinds';
import { EMPTY_OUTBOX, last, type Message, next, noted, type Outbox, type OutboxConfig, settled } from './outbox';
import type { Posted } from './post';
import { SentRecord, type SentStore } from './sent-record';

export interface NotifierOptions {
  readonly config: OutboxConfig;
  /** The times of the last messages, beyond this process. */
  readonly store: SentStore;
  readonly eventsMessage: (digest: Digest) => SlackMessage;
  readonly reportMessage: () => SlackMessage;
  /** The webhook's address; null: none at present, and what happens waits for one. */
  readonly url: () => string | null;
  readonly post: (url: string, message: SlackMessage) => Promise<Posted>;
  /** A report has been delivered. */
  readonly onReported: () => void;
  /** Told of each new problem, and null when messages arrive again. */
  readonly onProblem: (problem: string | null) => void;
}

/** How often is looked whether there is an address, in milliseconds. */
const ADDRESS_MS = 1_000;
/** The last message of a program that ends may hold it up for this long, in milliseconds. */
const LAST_WORDS_MS = 1_500;

/** Sends what has happened to Slack: never in the way of anything; nothing that it does throws or rejects. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #record: SentRecord;
  #outbox: Outbox = EMPTY_OUTBOX;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | null = null;
  #problem: string | null = null;
  #known = false;
  #stopped = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#record = new SentRecord(options.store, options.config.windowMs, Date.now);
    void this.#record.load().then((sentMs) => {
      this.#outbox = { ...this.#outbox, sentMs };
      this.#known = true;
      this.#look();
    });
  }

  /** Something happened. */
  note(event: NotedEvent): void {
    const before = this.#outbox;
    this.#outbox = noted(before, event, performance.now());
    if (this.#outbox !== before) this.#look();
  }

  /** The state is to be reported, as soon as events leave room for it. */
  report(): void {
    this.#outbox = { ...this.#outbox, reportDue: true };
    this.#look();
  }

  /** Tries to send what still waits, if that is quick. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, LAST_WORDS_MS);
    });
    await Promise.race([(this.#working ?? Promise.resolve()).then(() => this.#lastWords()), late]);
    clearTimeout(limit);
    this.#record.stop();
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || !this.#known || this.#working !== null) return;
    const url = this.#options.url();
    if (url === null) {
      this.#timer = setTimeout(() => this.#look(), ADDRESS_MS);
      return;
    }
    const nowMs = performance.now();
    const { outbox, message, wakeMs } = next(this.#outbox, nowMs, this.#options.config);
    this.#outbox = outbox;
    if (wakeMs !== null) this.#timer = setTimeout(() => this.#look(), wakeMs - nowMs);
    if (message === null) return;
    this.#working = this.#send(url, message).finally(() => {
      this.#working = null;
      this.#look();
    });
  }

  async #lastWords(): Promise<void> {
    const url = this.#options.url();
    if (!this.#known || url === null) return;
    const { outbox, message } = last(this.#outbox, performance.now(), this.#options.config);
    this.#outbox = outbox;
    if (message !== null) await this.#send(url, message);
  }

  /** Its time is written down first: who kills us now must not have a message more. */
  async #send(url: string, message: Message): Promise<void> {
    await this.#record.save(this.#outbox.sentMs);
    const posted = await this.#post(url, message);
    this.#outbox = settled(this.#outbox, posted, performance.now());
    if (posted.kind === 'delivered' && message.kind === 'report') this.#options.onReported();
    this.#tell(posted.problem);
    await this.#record.save(this.#outbox.sentMs);
  }

  /** Never rejects: a fault of ours in putting a message together may cost messages, but not the program. */
  async #post(url: string, message: Message): Promise<Posted> {
    const { post, eventsMessage, reportMessage } = this.#options;
    try {
      return await post(url, message.kind === 'report' ? reportMessage() : eventsMessage(message.digest));
    } catch (error) {
      return { kind: 'refused', retryAfterMs: null, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #tell(problem: string | null): void {
    if (problem !== this.#problem) this.#options.onProblem(problem);
    this.#problem = problem;
  }
}
