/** This process's use of CPU over windows of one second that no reader disturbs. */
export class CpuUse {
  readonly #timer: NodeJS.Timeout;
  #since = { usage: process.cpuUsage(), atMs: performance.now() };
  #lastPercent = 0;

  constructor() {
    this.#timer = setInterval(() => {
      this.#lastPercent = this.#percent();
      this.#since = { usage: process.cpuUsage(), atMs: performance.now() };
    }, 1_000).unref();
  }

  /** The last full window's, in percent of one core; more than 100 when several cores were at work. */
  readPercent(): number {
    return this.#lastPercent;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #percent(): number {
    const { user, system } = process.cpuUsage(this.#since.usage);
    const elapsedMs = performance.now() - this.#since.atMs;
    return elapsedMs > 0 ? ((user + system) / 1_000 / elapsedMs) * 100 : 0;
  }
}
