import { sleep } from '../client/backoff';

export interface WalkOptions {
  /** Time with a connection, in milliseconds. */
  readonly playMs: number;
  /** Positions per second; 0 for none. */
  readonly rate: number;
  /** It goes on until this is true, too; asked at each step. */
  readonly mayLeave: () => boolean;
  /** Sends a position; answers whether it went out. */
  readonly send: (x: number, y: number) => boolean;
  /** Whether the player is in the room just now. Other time does not count. */
  readonly present: () => boolean;
  /** All of `playMs` is over; it may have to stay. */
  readonly onStay: () => void;
  /** A position came back this long after it was due, in milliseconds. */
  readonly onReturn: (tookMs: number) => void;
}

/** With `rate` 0 it looks this often whether it is over, in milliseconds. */
const LOOK_MS = 200;

/** After a longer stall of this process the positions in between are left out, in milliseconds: a burst would only be refused. */
const MOST_LATE_MS = 1_000;

/**
 * A player's way through the room. Positions are due at an even rate: one that goes out late, as this process or the node was busy,
 * counts from when it was due.
 */
export class Walk {
  readonly #options: WalkOptions;
  /** The last position, until it has come back. */
  #underWay: { readonly x: number; readonly dueAtMs: number } | null = null;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** Resolves when the time is over; rejects when the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { playMs, rate, mayLeave, send, present, onStay } = this.#options;
    const intervalMs = rate > 0 ? 1_000 / rate : LOOK_MS;
    let [x, y] = [Math.random() * 1_000, Math.random() * 1_000];
    let dueAtMs = performance.now();
    for (let playedMs = 0; playedMs < playMs || !mayLeave(); ) {
      const stepMs = playedMs < playMs ? Math.min(intervalMs, playMs - playedMs) : intervalMs;
      dueAtMs += stepMs;
      await sleep(Math.max(0, dueAtMs - performance.now()), signal);
      if (!present()) continue;
      playedMs += stepMs;
      if (playedMs >= playMs) onStay();
      x += Math.random() * 10 - 5;
      y += Math.random() * 10 - 5;
      if (rate > 0 && send(x, y)) this.#underWay = { x, dueAtMs };
      const lateMs = performance.now() - dueAtMs;
      if (lateMs > MOST_LATE_MS) {
        playedMs += lateMs;
        dueAtMs += lateMs;
      }
    }
  }

  /** The node says that the player is at `x`. */
  returned(x: unknown): void {
    const position = this.#underWay;
    if (position === null || position.x !== x) return;
    this.#underWay = null;
    this.#options.onReturn(performance.now() - position.dueAtMs);
  }
}
