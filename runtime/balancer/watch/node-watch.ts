import type { PollOutcome } from '../../core/health';
import type { StatsReply } from '../../core/protocol/agent';
import type { Instance } from '../../fleet/port';
import { messageOf } from '../complaints';
import { Backlog } from './backlog';
import type { Probe, ProbeFactory } from './probe';

/** What is known of a node's process, from its last answer or, before the first one, from the registry. */
export type NodeFacts = Pick<
  StatsReply,
  | 'startId'
  | 'phase'
  | 'leaving'
  | 'connections'
  | 'sessions'
  | 'capacity'
  | 'loopDelayMs'
  | 'rssBytes'
  | 'metrics'
  | 'version'
>;

interface NodeWatchOptions {
  readonly probe: ProbeFactory;
  readonly pollMs: number;
  readonly timeoutMs: number;
  /** Where in the second the polls of this node lie, in milliseconds. */
  readonly phaseMs: number;
  /** An answer has come that holds everything. */
  readonly onWhole: () => void;
  /** No valid answer to a poll sent at `sentAtMs` (monotonic), or the channel broke then. */
  readonly onSilent: (nodeId: string, sentAtMs: number) => void;
}

/** After `resync` a node is asked within this share of a period, so that many are not asked in one turn. */
const RESYNC_SHARE = 0.25;

/** Polls one node on its own beat, and keeps what it said until the cluster's next tick and the registry have taken it. */
export class NodeWatch {
  readonly endpoint: string;
  readonly backlog = new Backlog();
  /** Null until the first answer, or until the registry told. */
  facts: NodeFacts | null = null;
  /** Why the last poll failed. */
  trouble = '';
  /** When its last answer came, monotonic. */
  heardAtMs = Number.NEGATIVE_INFINITY;
  #outcome: PollOutcome | undefined;
  /** Attempts to have it drain that are under way. */
  #attempts = 0;
  /** Polls sent before this may not know of the last attempt, monotonic; null: none was made since the last answer. */
  #attemptedAtMs: number | null = null;
  #polling = false;
  /** When everything was asked for, monotonic; null once an answer to it has come. */
  #wantedSinceMs: number | null = performance.now();
  #soon: NodeJS.Timeout | undefined;
  /** A poll is due as soon as the one under way has ended. */
  #hasty = false;
  #beat: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #nodeId: string;
  readonly #probe: Probe;
  readonly #options: NodeWatchOptions;

  constructor(instance: Instance & { readonly endpoint: string }, options: NodeWatchOptions) {
    this.#nodeId = instance.nodeId;
    this.endpoint = instance.endpoint;
    this.#options = options;
    this.#probe = options.probe(instance, () => {
      this.trouble = 'its channel broke';
      // An answer from before says nothing of now: the tick must not take it for a return.
      if (this.#outcome?.kind === 'answered') this.#outcome = undefined;
      options.onSilent(this.#nodeId, performance.now());
    });
    void this.#poll();
    this.#beat = setTimeout(() => {
      void this.#poll();
      this.#beat = setInterval(() => void this.#poll(), options.pollMs);
    }, options.phaseMs);
  }

  get probe(): Probe {
    return this.#probe;
  }

  /** It is being told to drain, or was and has not been heard of since: it may drain already, so it gets no joins (S7). */
  get closing(): boolean {
    return this.#attempts > 0 || this.#attemptedAtMs !== null;
  }

  /** Whatever comes of this attempt to have it drain: it gets no joins from now on, until it is asked later and says that it is open. */
  async close<T>(attempt: () => Promise<T>): Promise<T> {
    this.#attempts += 1;
    try {
      return await attempt();
    } finally {
      this.#attempts -= 1;
      this.#attemptedAtMs = performance.now();
    }
  }

  /** What the polls gave since this was last asked. */
  takeOutcome(): PollOutcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  }

  /** Whether the node has told everything since this was last asked for. */
  get isWhole(): boolean {
    return this.#wantedSinceMs === null;
  }

  /** The next answer repeats everything; it is asked for soon. */
  resync(): void {
    this.backlog.clear();
    this.#wantEverything();
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => {
      this.#hasty = this.#polling;
      void this.#poll();
    }, this.#options.phaseMs * RESYNC_SHARE);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#beat);
    clearTimeout(this.#soon);
    this.#probe.close();
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    const sentAtMs = performance.now();
    try {
      const reply = await this.#probe.poll(this.#options.timeoutMs);
      if (!this.#stopped) this.#heard(reply, sentAtMs);
    } catch (error) {
      if (!this.#stopped) this.#missed(sentAtMs, messageOf(error));
    } finally {
      this.#polling = false;
    }
    if (!this.#hasty || this.#stopped) return;
    this.#hasty = false;
    void this.#poll();
  }

  #wantEverything(): void {
    this.#wantedSinceMs = performance.now();
    this.#probe.resync();
  }

  #heard(reply: StatsReply, sentAtMs: number): void {
    this.heardAtMs = performance.now();
    if (this.#attemptedAtMs !== null && sentAtMs >= this.#attemptedAtMs) this.#attemptedAtMs = null;
    // Arrivals and rooms of an earlier start are over with it.
    if (this.facts !== null && this.facts.startId !== reply.startId) this.backlog.clear();
    const { arrivals, rooms, full, ...facts } = reply;
    this.facts = facts;
    const isWanted = full && this.#wantedSinceMs !== null && sentAtMs >= this.#wantedSinceMs;
    if (!this.backlog.add({ arrivals, rooms, full })) this.#wantEverything();
    else if (isWanted) this.#wantedSinceMs = null;
    // An answer to an earlier question has moved the cursor on.
    else if (this.#wantedSinceMs !== null) this.#probe.resync();
    this.#outcome = { kind: 'answered', startId: reply.startId };
    if (isWanted) this.#options.onWhole();
  }

  #missed(sentAtMs: number, trouble: string): void {
    this.trouble = trouble;
    const count = this.#outcome?.kind === 'missed' ? this.#outcome.count + 1 : 1;
    this.#outcome = { kind: 'missed', count, sentAtMs };
    this.#options.onSilent(this.#nodeId, sentAtMs);
  }
}
