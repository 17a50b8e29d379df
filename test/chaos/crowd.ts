import { setMaxListeners } from 'node:events';
import type { Bee } from '../../runtime/bees/bee';
import { directApi, type FleetApi, FleetClientError } from '../../runtime/client';
import type { UsedTicket } from './knocker';
import { playOnce } from './player';
import type { Recorder } from './recorder';

export interface CrowdOptions {
  /** Address of the API, as it is then. */
  readonly api: () => string;
  readonly apiKey: string;
  /** Players that are to be there at once, this long (in milliseconds) after the begin. */
  readonly wanted: (sinceMs: number) => number;
  readonly recorder: Recorder;
}

const TICK_MS = 100;
/** When nobody was matched for this long, an extra player helps those who wait, in milliseconds. */
const QUIET_MS = 3_000;
/** Used tickets that are remembered. */
const MOST_USED = 50;
/** One less than fill a room. */
const MOST_EXTRAS = 3;
/** Rounds that a player plays under one name, at most. */
const ROUNDS = 3;

/** Players who come, play a round or some, and go; others come in their place. */
export class Crowd {
  readonly #options: CrowdOptions;
  readonly #api: FleetApi;
  readonly #lives = new Set<Promise<void>>();
  readonly #waiting = new Set<Bee>();
  readonly #bees = new Set<Bee>();
  readonly #extras = new Set<Bee>();
  readonly #beganMs = performance.now();
  readonly #ticking: NodeJS.Timeout;
  readonly #used: UsedTicket[] = [];
  #named = 0;
  #closing = false;
  #lastNewsMs = performance.now();

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#api = observed(options);
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Players who are there. */
  get size(): number {
    return this.#lives.size;
  }

  /** Tickets that got players in, the latest last. */
  get used(): readonly UsedTicket[] {
    return this.#used;
  }

  /** Nobody comes any more; resolves when all have played. */
  async end(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lives);
    this.stop();
  }

  /** Ends everybody wherever they are. */
  stop(): void {
    this.#closing = true;
    clearInterval(this.#ticking);
    for (const bee of [...this.#bees, ...this.#extras]) bee.stop();
  }

  #tick(): void {
    if (!this.#closing) {
      const wanted = this.#options.wanted(performance.now() - this.#beganMs);
      // A second's worth of them at most: nobody comes in one heap.
      for (let missing = Math.min(wanted - this.#lives.size, 5); missing > 0; missing--) this.#come();
      return;
    }
    const isQuiet = performance.now() - this.#lastNewsMs > QUIET_MS;
    const areLeft = [...this.#bees].some((bee) => this.#waiting.has(bee));
    if (isQuiet && areLeft && this.#extras.size < MOST_EXTRAS) this.#help();
  }

  #come(): void {
    const life = this.#live(this.#name('bee')).finally(() => this.#lives.delete(life));
    this.#lives.add(life);
  }

  async #live(playerId: string): Promise<void> {
    for (let round = 0; round < ROUNDS && (round === 0 || !this.#closing); round++) {
      const { kind } = await this.#play(playerId, this.#bees);
      if (kind !== 'finished') return;
    }
  }

  /** Those who wait at the end may be too few for a room. */
  #help(): void {
    void this.#play(this.#name('extra'), this.#extras);
  }

  async #play(playerId: string, kind: Set<Bee>) {
    const { recorder } = this.#options;
    const { bee, outcome } = playOnce({
      ...{ playerId, recorder, api: this.#api },
      onUsed: (ticket) => {
        this.#used.push(ticket);
        if (this.#used.length > MOST_USED) this.#used.shift();
      },
      onStage: (stage, bee) => {
        if (stage === 'match' || stage === 'start') this.#lastNewsMs = performance.now();
        if (stage === 'match') this.#waiting.add(bee);
        else this.#waiting.delete(bee);
      },
    });
    kind.add(bee);
    return await outcome.finally(() => kind.delete(bee));
  }

  #name(kind: string): string {
    this.#named += 1;
    return `${kind}-${this.#named}`;
  }
}

/** The API, each request to it written down. */
function observed({ api, apiKey, recorder }: CrowdOptions): FleetApi {
  const noted = async <T>(signal: AbortSignal, request: (api: FleetApi) => Promise<T>): Promise<T> => {
    // A fetch adds its listeners to it, and players ask often.
    setMaxListeners(0, signal);
    const to = api();
    const sinceMs = performance.now();
    const note = (ok: boolean, code: string) =>
      recorder.add({ kind: 'request', to, ok, code, tookMs: Math.round(performance.now() - sinceMs) });
    try {
      const answer = await request(directApi(to, apiKey));
      note(true, '');
      return answer;
    } catch (error) {
      const code = error instanceof FleetClientError ? error.code : 'NETWORK';
      note(false, signal.aborted ? 'NO_ANSWER' : code);
      throw error;
    }
  };
  return {
    askLobby: (ask, signal) => noted(signal, (direct) => direct.askLobby(ask, signal)),
    askStart: (ask, signal) => noted(signal, (direct) => direct.askStart(ask, signal)),
    askFinish: (ask, signal) => noted(signal, (direct) => direct.askFinish(ask, signal)),
  };
}
