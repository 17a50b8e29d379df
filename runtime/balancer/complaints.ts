import type { Logger } from 'pino';

/** The same complaint is repeated at most this often, in milliseconds. */
const REPEAT_MS = 30_000;

/** Logs troubles that come back every second (a dead node, a Redis that is down) when they begin, change, last, and end. */
export class Complaints {
  readonly #log: Logger;
  readonly #open = new Map<string, { message: string; loggedAtMs: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param subject what is in trouble, e.g. a node; one complaint is open for each. */
  raise(subject: string, message: string, nowMs: number = performance.now()): void {
    const open = this.#open.get(subject);
    if (open?.message === message && nowMs - open.loggedAtMs < REPEAT_MS) return;
    this.#open.set(subject, { message, loggedAtMs: nowMs });
    this.#log.warn({ subject }, message);
  }

  /** The trouble is over. */
  settle(subject: string): void {
    if (this.#open.delete(subject)) this.#log.info({ subject }, 'all right again');
  }

  /** The subject is no more. */
  forget(subject: string): void {
    this.#open.delete(subject);
  }
}

/** What to say of something caught. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
