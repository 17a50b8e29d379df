/**
 * How long a node stays condemned when nobody knows whether the fleet was told, in milliseconds: it may have been, and an Auto Scaling
 * group takes its time to end what is unhealthy.
 */
const UNSURE_MS = 60_000;

/** Nodes that the fleet was, is being, or may have been told to replace: they will be ended, so they must get no players (S1). */
export class Condemned {
  readonly #unsureMs: number;
  /** Until when, monotonic milliseconds. */
  readonly #until = new Map<string, number>();

  /** @param unsureMs @default 60_000 */
  constructor(unsureMs = UNSURE_MS) {
    this.#unsureMs = unsureMs;
  }

  /** The fleet has been told, or is being told. */
  add(nodeId: string): void {
    this.#until.set(nodeId, Number.POSITIVE_INFINITY);
  }

  /** No answer came. */
  unsure(nodeId: string, nowMs: number): void {
    this.#until.set(nodeId, nowMs + this.#unsureMs);
  }

  /** It was not told after all, or it is gone. */
  remove(nodeId: string): void {
    this.#until.delete(nodeId);
  }

  all(nowMs: number): ReadonlySet<string> {
    const condemned = new Set<string>();
    for (const [nodeId, untilMs] of this.#until) if (nowMs < untilMs) condemned.add(nodeId);
    return condemned;
  }
}
