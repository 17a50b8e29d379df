import type { Logger } from 'pino';
import type { Fleet } from '../fleet/port';
import { Complaints, messageOf } from './complaints';

/** Backoff after a refusal, in milliseconds; doubles. */
const BACKOFF_MS = { min: 1_000, max: 30_000 };

interface Try {
  inFlight: boolean;
  told: boolean;
  failures: number;
  notBeforeMs: number;
}

/** Tells the fleet which nodes of one cluster are dead, each once, with backoff while the fleet refuses. */
export class Replacements {
  readonly #fleet: Pick<Fleet, 'reportUnhealthy'>;
  readonly #cluster: string;
  readonly #complaints: Complaints;
  readonly #tries = new Map<string, Try>();

  constructor(fleet: Pick<Fleet, 'reportUnhealthy'>, cluster: string, log: Logger) {
    this.#fleet = fleet;
    this.#cluster = cluster;
    this.#complaints = new Complaints(log);
  }

  /** Nodes that the fleet was told of, or is being told of: they will be terminated, so they must not come back. */
  condemned(): ReadonlySet<string> {
    return new Set([...this.#tries].filter(([, { told, inFlight }]) => told || inFlight).map(([nodeId]) => nodeId));
  }

  /** Never rejects. */
  async report(nodeId: string, nowMs: number): Promise<void> {
    const entry = this.#tries.get(nodeId) ?? { inFlight: false, told: false, failures: 0, notBeforeMs: nowMs };
    this.#tries.set(nodeId, entry);
    if (entry.told || entry.inFlight || nowMs < entry.notBeforeMs) return;
    entry.inFlight = true;
    try {
      await this.#fleet.reportUnhealthy(this.#cluster, nodeId);
      entry.told = true;
      this.#complaints.settle(nodeId);
    } catch (error) {
      entry.notBeforeMs = nowMs + Math.min(BACKOFF_MS.min * 2 ** entry.failures, BACKOFF_MS.max);
      entry.failures += 1;
      this.#complaints.raise(nodeId, `the fleet was not told that it is dead: ${messageOf(error)}`);
    } finally {
      entry.inFlight = false;
    }
  }

  /** The node is gone. */
  forget(nodeId: string): void {
    this.#tries.delete(nodeId);
    this.#complaints.forget(nodeId);
  }
}
