import type { Logger } from 'pino';
import { NotYet } from '../../autoscaler';
import { FleetRefusal } from '../../fleet/port';
import { Complaints, messageOf } from '../complaints';
import { Condemned } from './condemned';

/** Backoff after a failure, in milliseconds; doubles. */
const BACKOFF_MS = { min: 1_000, max: 30_000 };

interface Try {
  inFlight: boolean;
  told: boolean;
  failures: number;
  notBeforeMs: number;
}

/** Tells the fleet which nodes of one cluster are dead, each once, with backoff while the fleet refuses. */
export class Replacements {
  readonly #tell: (nodeId: string) => Promise<void>;
  readonly #now: () => number;
  readonly #complaints: Complaints;
  readonly #condemned = new Condemned();
  readonly #tries = new Map<string, Try>();

  /** @param now monotonic milliseconds. */
  constructor(tell: (nodeId: string) => Promise<void>, now: () => number, log: Logger) {
    this.#tell = tell;
    this.#now = now;
    this.#complaints = new Complaints(log);
  }

  /** Nodes that must not come back. */
  condemned(): ReadonlySet<string> {
    return this.#condemned.all(this.#now());
  }

  /** Unless it was told already, or refused a moment ago. Never rejects. */
  async report(nodeId: string): Promise<void> {
    const nowMs = this.#now();
    const entry = this.#tries.get(nodeId);
    if (entry !== undefined && (entry.told || entry.inFlight || nowMs < entry.notBeforeMs)) return;
    try {
      await this.tell(nodeId);
      this.#complaints.settle(nodeId);
    } catch (error) {
      this.#complaints.raise(nodeId, `the fleet was not told that it is dead: ${messageOf(error)}`);
    }
  }

  /** At once. Rejects when it is not known to be told. */
  async tell(nodeId: string): Promise<void> {
    const entry = this.#tries.get(nodeId) ?? { inFlight: false, told: false, failures: 0, notBeforeMs: 0 };
    this.#tries.set(nodeId, entry);
    if (entry.inFlight) throw new NotYet('the fleet is being told');
    entry.inFlight = true;
    this.#condemned.add(nodeId);
    try {
      await this.#tell(nodeId);
      entry.told = true;
    } catch (error) {
      const nowMs = this.#now();
      if (!(error instanceof NotYet)) {
        entry.notBeforeMs = nowMs + Math.min(BACKOFF_MS.min * 2 ** entry.failures, BACKOFF_MS.max);
        entry.failures += 1;
      }
      if (error instanceof NotYet || error instanceof FleetRefusal) this.#condemned.remove(nodeId);
      else this.#condemned.unsure(nodeId, nowMs);
      throw error;
    } finally {
      entry.inFlight = false;
    }
  }

  /** The node is gone. */
  forget(nodeId: string): void {
    this.#tries.delete(nodeId);
    this.#condemned.remove(nodeId);
    this.#complaints.forget(nodeId);
  }
}
