import { closed } from './errors';

/** Growing, jittered pauses between tries. */
export interface Backoff {
  /** The first pause is at most this long, in milliseconds. @default 250 */
  readonly baseMs: number;
  /** No pause is longer than this, in milliseconds. @default 5_000 */
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 250, maxMs: 5_000 };

/**
 * The pause before try `attempt` (0: the first repetition), in milliseconds: between half and all of `baseMs * 2^attempt`, up to
 * `maxMs`. `random` is from [0, 1). Jitter, so that the clients of a dead node do not come back all at once.
 */
export function backoffMs(attempt: number, backoff: Backoff, random: number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return (ceiling / 2) * (1 + random);
}

/** Waits `ms` milliseconds; rejects with `CLOSED` at once when the signal fires. Leaves no timer and no listener. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(closed(signal.reason));
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(closed(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
