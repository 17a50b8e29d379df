import { TICK_PARTS } from './rooms';

/**
 * Calls `tick` once for each part of each tick, at an even rate: what a timer is late by is made up for, so that ticks do not drift.
 * After a longer stall one full tick is run, the rest is left out.
 */
export class Ticker {
  readonly #timer: NodeJS.Timeout;

  /** @param tickMs length of a tick in milliseconds @param now milliseconds of a clock that only goes forward */
  constructor(tickMs: number, now: () => number, tick: (part: number) => void) {
    const partMs = tickMs / TICK_PARTS;
    const beganMs = now();
    let done = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((now() - beganMs) / partMs);
      for (done = Math.max(done, due - TICK_PARTS); done < due; done++) tick(done % TICK_PARTS);
    }, partMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
