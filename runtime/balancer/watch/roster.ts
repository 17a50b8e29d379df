import type { Logger } from 'pino';
import type { PollOutcome } from '../../core/health';
import type { Fleet, Instance } from '../../fleet/port';
import { Complaints, messageOf } from '../complaints';
import { NodeWatch } from './node-watch';
import type { ProbeFactory } from './probe';

interface RosterOptions {
  readonly cluster: string;
  readonly fleet: Pick<Fleet, 'describe'>;
  readonly probe: ProbeFactory;
  /** Period of the polls, in milliseconds. */
  readonly pollMs: number;
  readonly onWhole: () => void;
  readonly onSilent: (nodeId: string, sentAtMs: number) => void;
  readonly log: Logger;
}

/** Longest wait for an answer to a poll, in milliseconds: with a poll each second, a hung node is noticed within 2 s. */
const MOST_TIMEOUT_MS = 800;
/** The same as a share of a shorter period. */
const TIMEOUT_SHARE = 0.8;
/** Multiples of the golden ratio, modulo 1, spread evenly over the second however many nodes there are. */
const GOLDEN_RATIO = 0.618_033_988_749;

/** Channels opened at once, and the pause until the next ones, in milliseconds: a thousand at once would time each other out. */
const OPEN_AT_ONCE = 20;
const OPEN_PAUSE_MS = 50;

/** Which instances a cluster has, as the fleet last said, and a watch on each that can be reached. */
export class Roster {
  readonly watches = new Map<string, NodeWatch>();
  readonly #options: RosterOptions;
  readonly #complaints: Complaints;
  #instances: ReadonlyMap<string, Instance> | null = null;
  #describing = false;
  #opened = 0;
  #opening: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  /** Those being terminated are left out. Null until the fleet has answered once. */
  get instances(): ReadonlyMap<string, Instance> | null {
    return this.#instances;
  }

  /** Whether every instance that can be reached is being polled. */
  get complete(): boolean {
    return this.#instances !== null && this.#opening === undefined;
  }

  /** Asks the fleet. When it fails the last list stands: absence is only believed from a good answer. Never rejects. */
  async describe(): Promise<void> {
    if (this.#describing) return;
    this.#describing = true;
    const { cluster, fleet } = this.#options;
    try {
      const listed = await fleet.describe(cluster);
      if (!this.#stopped) this.#take(listed);
      this.#complaints.settle(cluster);
    } catch (error) {
      this.#complaints.raise(cluster, `the fleet did not list the instances: ${messageOf(error)}`);
    } finally {
      this.#describing = false;
    }
  }

  /** What the polls gave since this was last asked. */
  outcomes(): ReadonlyMap<string, PollOutcome> {
    const polls = new Map<string, PollOutcome>();
    for (const [nodeId, watch] of this.watches) {
      const outcome = watch.takeOutcome();
      if (outcome !== undefined) polls.set(nodeId, outcome);
    }
    return polls;
  }

  /** Nodes that drain or are sealed. */
  leaving(): ReadonlySet<string> {
    const leaving = new Set<string>();
    for (const [nodeId, { facts }] of this.watches) if (facts && facts.phase !== 'open') leaving.add(nodeId);
    return leaving;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#opening);
    for (const watch of this.watches.values()) watch.stop();
    this.watches.clear();
  }

  #take(listed: readonly Instance[]): void {
    const instances = new Map(
      listed.filter(({ state }) => state !== 'terminating').map((instance) => [instance.nodeId, instance]),
    );
    this.#instances = instances;
    for (const [nodeId, watch] of this.watches) {
      if (instances.get(nodeId)?.endpoint === watch.endpoint) continue;
      watch.stop();
      this.watches.delete(nodeId);
    }
    if (this.#opening === undefined) this.#openSome();
  }

  #openSome(): void {
    this.#opening = undefined;
    let left = OPEN_AT_ONCE;
    for (const instance of this.#instances?.values() ?? []) {
      if (instance.endpoint === null || this.watches.has(instance.nodeId)) continue;
      if (left === 0) {
        this.#opening = setTimeout(() => this.#openSome(), OPEN_PAUSE_MS);
        return;
      }
      left -= 1;
      this.watches.set(instance.nodeId, this.#open({ ...instance, endpoint: instance.endpoint }));
    }
  }

  #open(instance: Instance & { readonly endpoint: string }): NodeWatch {
    const { probe, pollMs, onWhole, onSilent } = this.#options;
    this.#opened += 1;
    return new NodeWatch(instance, {
      probe,
      pollMs,
      timeoutMs: Math.min(MOST_TIMEOUT_MS, TIMEOUT_SHARE * pollMs),
      phaseMs: ((this.#opened * GOLDEN_RATIO) % 1) * pollMs,
      onWhole,
      onSilent,
    });
  }
}
