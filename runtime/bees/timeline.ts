import { Durations } from './histogram';
import type { Slice } from './result';

type Counted = 'arrived' | 'joined' | 'finished' | 'failed' | 'sent' | 'received';

/** What is there at a moment. */
export interface Standing {
  readonly connected: number;
  /** Open connections by node. */
  readonly nodes: Readonly<Record<string, number>>;
}

/** The course of a run, second by second. */
export class Timeline {
  readonly #slices: Slice[] = [];
  readonly #relay = new Durations();
  readonly #lobby = new Durations();
  #counts = zero();
  #least = 0;

  get slices(): readonly Slice[] {
    return this.#slices;
  }

  count(what: Counted): void {
    this.#counts[what] += 1;
  }

  /** A position came back after this long, in milliseconds. */
  relayed(ms: number): void {
    this.#relay.record(ms);
  }

  /** A player was on its lobby node this long after it arrived, in milliseconds. */
  reachedLobby(ms: number): void {
    this.#lobby.record(ms);
  }

  /** So many players are connected now. */
  connected(players: number): void {
    this.#least = Math.min(this.#least, players);
  }

  /** Ends the present slice, as the one that ends `second` seconds after the start. */
  cut(second: number, { connected, nodes }: Standing): void {
    this.#slices.push({
      second,
      connected,
      connectedLeast: this.#least,
      nodes: { ...nodes },
      ...this.#counts,
      relay: this.#relay.encode(),
      lobby: this.#lobby.encode(),
    });
    this.#counts = zero();
    this.#least = connected;
    this.#relay.reset();
    this.#lobby.reset();
  }
}

function zero(): Record<Counted, number> {
  return { arrived: 0, joined: 0, finished: 0, failed: 0, sent: 0, received: 0 };
}
