/** Jobs that may wait on one node; more are refused. */
const MAX_JOBS = 10_000;

/** A queue of jobs that are done one after the other, at a fixed pace: what this server's users wait for. */
export class Worker {
  readonly #jobs: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param paceMs time that one job takes, in milliseconds */
  constructor(paceMs: number) {
    this.#timer = setInterval(() => this.#jobs.shift()?.(), paceMs);
  }

  /** Jobs that wait. */
  get length(): number {
    return this.#jobs.length;
  }

  /** False when too many wait already. */
  add(job: () => void): boolean {
    if (this.#jobs.length >= MAX_JOBS) return false;
    this.#jobs.push(job);
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
