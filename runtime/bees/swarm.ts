import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { FleetClientError } from '../client';
import { sleep } from '../client/backoff';
import { CLOSED } from '../client/errors';
import { MAX_ROOM_SIZE } from '../core/protocol/limits';
import type { Arrival } from './arrivals';
import { Bee, type BeeOptions, type BeeOutcome } from './bee';
import type { Broken } from './broken';
import { type Curve, playersAt } from './curve';
import type { Progress } from './progress';
import type { RunResult } from './result';
import { playTime, type Stay } from './stay';
import { Tally } from './tally';

export interface SwarmOptions extends Omit<BeeOptions, 'playerId' | 'watch' | 'dueAtMs' | 'mayLeave'> {
  /** Who comes when, whatever the servers do: ascending in time. */
  readonly arrivals: readonly Arrival[];
  /** Instead of `arrivals`: so many are there at once, new ones come as others finish. @default null */
  readonly curve?: Curve | null;
  /** How the times differ that players play, around `playMs`. @default 'fixed' */
  readonly stay?: Stay;
  /**
   * Nobody leaves before `release()`; then they leave one after the other, over the time in which they came.
   * @default false
   */
  readonly gather?: boolean;
  /** Each player plays again and again until the swarm is stopped. */
  readonly loop: boolean;
  /**
   * When players wait and nobody was matched for this long after the last arrival, extra players join until they are, in
   * milliseconds: 10 players do not fill rooms of 4 by themselves. @default 3_000
   */
  readonly fillAfterMs?: number;
  /** Hears of each place that a player lost. @default nobody */
  readonly onBroken?: (broken: Broken) => void;
}

/** A looping player that failed begins again after this long, in milliseconds. */
const AFTER_FAILURE_MS = 1_000;

const TICK_MS = 250;

/** How often the curve is looked at, in milliseconds. */
const CURVE_TICK_MS = 100;

/** Extra players who are in a game when the last player has finished may take this long to finish too, in milliseconds. */
const FILL_IN_LIMIT_MS = 5_000;

/** Many bees. */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #tally: Tally;
  readonly #abort = new AbortController();
  readonly #bees = new Set<Bee>();
  readonly #fillIns = new Map<Bee, Promise<BeeOutcome>>();
  readonly #run = randomBytes(3).toString('hex');
  #named = 0;
  #arrived = false;
  /** When a player last came to wait, or anybody was matched (extra players too: who waits then waits on a node that hangs). */
  #lastNewsMs = 0;
  #fatal: FleetClientError | null = null;
  #startedAtMs = 0;
  /** When those who were to gather were released. */
  #releasedAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#tally = new Tally(options.curve ? 0 : options.arrivals.length, options.onBroken ?? (() => {}));
    // One listener per player that pauses, which is no leak.
    setMaxListeners(0, this.#abort.signal);
  }

  /** What made it pointless to go on, e.g. a wrong API key; null for nothing. */
  get fatal(): FleetClientError | null {
    return this.#fatal;
  }

  progress(): Progress {
    return this.#tally.progress();
  }

  /** What it came to; once, after `run`. */
  result(): RunResult {
    return this.#tally.result();
  }

  /** Those who were to gather may leave. */
  release(): void {
    this.#releasedAtMs = Math.min(this.#releasedAtMs, performance.now());
  }

  /** Resolves when all players have played, or it was stopped and nothing is left. Call it once. */
  async run(): Promise<void> {
    const { curve } = this.#options;
    this.#tally.begin();
    this.#startedAtMs = performance.now();
    const ticks = setInterval(() => {
      this.#tally.tick();
      this.#fill();
    }, TICK_MS);
    const playing = new Set<Promise<void>>();
    const arrive = (arrival: Arrival): void => {
      this.#tally.arrived(!curve);
      const life = this.#live(arrival).finally(() => playing.delete(life));
      playing.add(life);
    };
    try {
      if (curve) await this.#follow(curve, playing, arrive);
      else await this.#openLoop(arrive);
    } catch {
      // Stopped meanwhile.
    }
    this.#arrived = true;
    await Promise.all(playing);
    await this.#endFillIns();
    clearInterval(ticks);
  }

  /** Slow servers do not slow the arrivals. */
  async #openLoop(arrive: (arrival: Arrival) => void): Promise<void> {
    for (const arrival of this.#options.arrivals) {
      const inMs = this.#startedAtMs + arrival.atMs - performance.now();
      if (inMs > 0) await sleep(inMs, this.#abort.signal);
      if (this.#abort.signal.aborted) break;
      arrive(arrival);
    }
  }

  async #follow(curve: Curve, there: ReadonlySet<unknown>, arrive: (arrival: Arrival) => void): Promise<void> {
    for (;;) {
      const atMs = performance.now() - this.#startedAtMs;
      const wanted = playersAt(curve, atMs);
      if (wanted === null || this.#abort.signal.aborted) return;
      while (there.size < wanted) arrive({ atMs, playMs: null });
      await sleep(CURVE_TICK_MS, this.#abort.signal);
    }
  }

  /** Ends every bee wherever it is; `run` resolves soon after. */
  stop(): void {
    this.#abort.abort(CLOSED);
    for (const bee of this.#bees) bee.stop();
  }

  async #live(arrival: Arrival): Promise<void> {
    const { signal } = this.#abort;
    const playerId = this.#name('bee');
    const mayLeave = this.#mayLeave(arrival);
    let dueAtMs: number | undefined = this.#startedAtMs + arrival.atMs;
    do {
      const own = { mayLeave, ...(dueAtMs !== undefined && { dueAtMs }) };
      const { outcome: playing } = this.#play(playerId, false, arrival.playMs, own);
      dueAtMs = undefined;
      const outcome = await playing;
      this.#tally.outcome(outcome, false);
      if (outcome.kind === 'finished') continue;
      if (outcome.kind === 'failed') this.#onFailure(outcome.error);
      if (this.#options.loop) await sleep(AFTER_FAILURE_MS, signal).catch(() => {});
    } while (this.#options.loop && !signal.aborted);
  }

  /** Who came last leaves last, so that the servers are not left by all in one moment. */
  #mayLeave({ atMs }: Arrival): () => boolean {
    return () => this.#options.gather !== true || performance.now() >= this.#releasedAtMs + atMs;
  }

  #play(
    playerId: string,
    fillIn: boolean,
    playMs: number | null,
    own: Pick<BeeOptions, 'dueAtMs' | 'mayLeave'>,
  ): { bee: Bee; outcome: Promise<BeeOutcome> } {
    const bee = new Bee({
      ...this.#options,
      ...own,
      playMs: playMs ?? playTime(this.#options.stay ?? 'fixed', this.#options.playMs, Math.random()),
      playerId,
      watch: this.#tally.watch(playerId, fillIn, (stage) => {
        if (stage === 'start' || (stage === 'match' && !fillIn)) this.#lastNewsMs = performance.now();
      }),
    });
    this.#bees.add(bee);
    const outcome = bee.play().finally(() => this.#bees.delete(bee));
    return { bee, outcome };
  }

  /** No other player could do better with a wrong key. */
  #onFailure(error: unknown): void {
    if (!(error instanceof FleetClientError) || error.code !== 'UNAUTHORIZED') return;
    this.#fatal = error;
    this.stop();
  }

  #fill(): void {
    const quietMs = performance.now() - this.#lastNewsMs;
    if (this.#abort.signal.aborted || !this.#arrived || quietMs < (this.#options.fillAfterMs ?? 3_000)) return;
    const spare = [...this.#fillIns.keys()].filter(isWaiting).length;
    // One less than the largest room: more can never be missing.
    if (this.#tally.in('match') === 0 || spare >= MAX_ROOM_SIZE - 1) return;
    const { bee, outcome } = this.#play(this.#name('extra'), true, null, {});
    this.#fillIns.set(bee, outcome);
    void outcome.then((result) => {
      this.#tally.outcome(result, true);
      this.#fillIns.delete(bee);
    });
  }

  async #endFillIns(): Promise<void> {
    for (const bee of this.#fillIns.keys()) if (isWaiting(bee)) bee.stop();
    const limit = setTimeout(() => this.stop(), FILL_IN_LIMIT_MS);
    await Promise.all(this.#fillIns.values());
    clearTimeout(limit);
  }

  #name(kind: string): string {
    this.#named += 1;
    return `${kind}-${this.#run}-${this.#named}`;
  }
}

function isWaiting(bee: Bee): boolean {
  return bee.stage === 'lobby' || bee.stage === 'match';
}
