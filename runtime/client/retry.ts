import { type Backoff, backoffMs, sleep } from './backoff';
import { asClientError, closed, FleetClientError } from './errors';

/** How long is tried, and what came of it before: a request may be the rest of an effort that failed otherwise until now. */
export interface Effort {
  /** How long all tries together may take, in milliseconds. */
  readonly deadlineMs: number;
  /** What is left of it, in milliseconds. @default all */
  readonly leftMs?: number;
  /** Why it has failed so far. @default it has not */
  readonly last?: unknown;
}

export interface RetryOptions extends Effort {
  /** How long one try may take, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly backoff: Backoff;
}

/**
 * Repeats a request until it succeeds, with the *same* idempotency key each time, so that an answer that was lost on its way is given
 * again instead of a second one. Only errors that say `retry` are repeated, after the pause that the API asks for.
 *
 * @throws FleetClientError the request's own error when it is final; `DEADLINE` when the time is over; `CLOSED` when aborted.
 */
export async function persist<T>(
  request: (idempotencyKey: string, signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const idempotencyKey = randomKey();
  const untilMs = performance.now() + (options.leftMs ?? options.deadlineMs);
  let { last } = options;
  for (let attempt = 0; ; attempt++) {
    const leftMs = untilMs - performance.now();
    try {
      // Timers may fire up to 1 ms early; a try that is cut by the deadline shall end after it.
      const timeoutMs = Math.ceil(Math.min(leftMs + 1, options.requestTimeoutMs));
      return await limited((inner) => request(idempotencyKey, inner), timeoutMs, signal);
    } catch (thrown) {
      const error = asClientError(thrown);
      if (signal.aborted || !error.retry) throw error;
      const nowMs = performance.now();
      // A try that the deadline cut short says less than the one before it.
      if (last === undefined || nowMs < untilMs) last = error;
      const pauseMs =
        error.retryAfterMs === undefined
          ? backoffMs(attempt, options.backoff, Math.random())
          : error.retryAfterMs * (1 + Math.random() / 2);
      if (nowMs + pauseMs > untilMs) throw overdue(options.deadlineMs, last);
      await sleep(pauseMs, signal);
    }
  }
}

/** The error of an effort that was given up. */
export function overdue(deadlineMs: number, last: unknown): FleetClientError {
  const why = last instanceof Error ? `; last: ${last.message}` : '';
  return new FleetClientError('DEADLINE', `given up after ${deadlineMs} ms${why}`, { cause: last });
}

/** Runs one try with a time limit; the promise settles in time even if the try ignores its signal. */
async function limited<T>(run: (signal: AbortSignal) => Promise<T>, timeoutMs: number, outer: AbortSignal): Promise<T> {
  if (outer.aborted) throw closed(outer.reason);
  const inner = new AbortController();
  let stop = (): void => {};
  const cut = new Promise<never>((_, reject) => {
    const onAbort = (): void => {
      reject(closed(outer.reason));
      inner.abort();
    };
    const timer = setTimeout(() => {
      reject(new FleetClientError('NETWORK', `no answer within ${Math.round(timeoutMs)} ms`, { retry: true }));
      inner.abort();
    }, timeoutMs);
    outer.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([run(inner.signal), cut]);
  } finally {
    stop();
  }
}

/** 128 random bits. Not `randomUUID`: browsers have that on secure origins only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
