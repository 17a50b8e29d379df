import { createWriteStream, type WriteStream } from 'node:fs';
import { Entry } from './history';

/** An entry as it is handed in. */
type Unstamped = Entry extends infer E ? (E extends Entry ? Omit<E, 't'> : never) : never;

/** The observer looks this often whether it was held up, in milliseconds. */
const LAG_MS = 100;
/** Held up for less than this is no news, in milliseconds. */
const LEAST_LAG_MS = 150;

/** Keeps the history of a run, and writes it to a file as it comes. */
export class Recorder {
  /** Gets each line. @default nobody */
  onEntry = (_: Entry): void => {};
  readonly #entries: Entry[] = [];
  readonly #file: WriteStream;
  readonly #beganMs = performance.now();
  readonly #beganUnixMs = Date.now();
  readonly #lag: NodeJS.Timeout;
  #finished = false;

  constructor(file: string) {
    this.#file = createWriteStream(file);
    let lastMs = performance.now();
    this.#lag = setInterval(() => {
      const ms = Math.round(performance.now() - lastMs - LAG_MS);
      lastMs = performance.now();
      if (ms >= LEAST_LAG_MS) this.add({ kind: 'lag', ms });
    }, LAG_MS);
  }

  get history(): readonly Entry[] {
    return this.#entries;
  }

  /** Milliseconds since the begin. */
  now(): number {
    return Math.round((performance.now() - this.#beganMs) * 10) / 10;
  }

  /** A Unix time in milliseconds as milliseconds since the begin. */
  at(unixMs: number): number {
    return unixMs - this.#beganUnixMs;
  }

  add(entry: Unstamped): void {
    if (this.#finished) return;
    const stamped = Entry.parse({ t: this.now(), ...entry });
    this.#entries.push(stamped);
    this.onEntry(stamped);
    this.#file.write(`${JSON.stringify(stamped)}\n`);
  }

  /** What comes from now on is no part of the history. */
  finish(): void {
    this.#finished = true;
    clearInterval(this.#lag);
  }

  async close(): Promise<void> {
    this.finish();
    await new Promise((resolve) => this.#file.end(resolve));
  }
}
