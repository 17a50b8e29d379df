import type { Logger } from 'pino';
import { type Match, type MatchQueue, type PlayerStanding, RegistryUnavailable } from '../registry/types';
import {
  type Answer,
  answerAll,
  asWaiting,
  type Entry,
  isOwedEntry,
  isOwedLeave,
  isSpokenFor,
  type Outlet,
  owe,
} from './entry';
import type { Modes } from './modes';
import { isDeliveryDue, isTimeUp, settle } from './stand';

export interface MatchmakerOptions {
  readonly queue: MatchQueue;
  readonly modes: Modes;
  /** Prefix of the connection ids; unique per start of the process. */
  readonly startId: string;
  /** Asks the other lobby nodes to look at these players at once. May get lost: they look every second anyway. */
  readonly nudgeOthers: (playerIds: readonly string[]) => void;
  /** How long a player waits before MATCH_TIMEOUT, in milliseconds. @default 60_000 */
  readonly matchTimeoutMs?: number;
  /** How often the registry hears of the players here, in milliseconds. @default 1_000 */
  readonly heartbeatMs?: number;
  /** How long to wait for the acknowledgement of ALL_CONNECTED before sending it again, in milliseconds. @default 2_000 */
  readonly resendMs?: number;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** How often the local times are looked at, in milliseconds. */
const LOCAL_TICK_MS = 250;
/** Players in one call to the registry, so that it is free for others in between. */
const CHUNK = 500;
/** A timer that is this late, in milliseconds, tells that the process was paused. */
const PAUSED_MS = 2_000;

/**
 * The players of one lobby node, in memory, and their places in the registry's queue. The registry decides; what is kept here
 * survives its loss. Two loops: one talks to the registry every second, one looks at the local times only, so that a registry
 * that hangs holds up no client.
 */
export class Matchmaker {
  readonly #options: MatchmakerOptions;
  readonly #heartbeatMs: number;
  readonly #matchTimeoutMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #local: NodeJS.Timeout;
  #beat: NodeJS.Timeout | undefined;
  #paused = false;
  #count = 0;
  #stopped = false;

  constructor(options: MatchmakerOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? 1_000;
    this.#matchTimeoutMs = options.matchTimeoutMs ?? 60_000;
    this.#local = setInterval(() => {
      for (const entry of this.#entries.values()) this.#deliver(entry);
    }, LOCAL_TICK_MS);
    this.#schedule();
  }

  /** Players who entered here and have not left. */
  get size(): number {
    return this.#entries.size;
  }

  /** Enqueues; `answer` is called once the registry knows, however long that takes. The mode must be a known one. */
  enter(playerId: string, mode: string, pool: string, outlet: Outlet, answer: Answer<'waiting' | 'matched'>): void {
    const known = this.#entries.get(playerId);
    const same = known?.mode === mode && known.pool === pool ? known : undefined;
    const sinceMs = same === undefined || same.stand.kind === 'matched' ? null : same.stand.sinceMs;
    const entered = known?.entered.splice(0) ?? [];
    owe(entered, answer);
    if (known !== undefined) answerAll(known.left, 'left');
    const entry: Entry = {
      playerId,
      mode,
      pool,
      connectionId: `${this.#options.startId}:${++this.#count}`,
      enteredAtMs: same?.enteredAtMs ?? Date.now(),
      stand: { kind: 'entering', sinceMs },
      outlet,
      leaving: false,
      busy: false,
      entered,
      left: [],
    };
    this.#entries.set(playerId, entry);
    void this.#attempt(() => this.#register(entry));
  }

  /** Takes the player out, unless matched; `answer` is called once the registry knows. */
  leave(playerId: string, answer: Answer<'left' | 'matched'>): void {
    const entry = this.#entries.get(playerId);
    if (entry === undefined) answer('left');
    else {
      entry.leaving = true;
      owe(entry.left, answer);
      void this.#attempt(() => this.#withdraw(entry));
    }
  }

  /** The connection was lost; the player may come back to it. */
  detach(playerId: string, outlet: Outlet): void {
    const entry = this.#entries.get(playerId);
    if (entry === undefined || entry.outlet !== outlet || this.#stopped) return;
    entry.outlet = null;
    void this.#attempt(() => this.#options.queue.away(playerId, entry.connectionId));
  }

  /** The player resumed the session on a new connection: what they entered goes on. */
  attach(playerId: string, outlet: Outlet): void {
    const entry = this.#entries.get(playerId);
    if (entry === undefined) return;
    entry.outlet = outlet;
    if (entry.stand.kind === 'matched') entry.stand = { ...entry.stand, sentAtMs: null };
    this.#deliver(entry);
    this.nudge([playerId]);
  }

  /** The player is gone for good. */
  remove(playerId: string): void {
    const entry = this.#entries.get(playerId);
    if (entry === undefined) return;
    this.#entries.delete(playerId);
    void this.#attempt(() => this.#options.queue.leave(playerId, entry.connectionId));
  }

  /** Asks the registry at once about those of these players who are here. */
  nudge(playerIds: readonly string[]): void {
    if (this.#paused || this.#stopped) return;
    const here = playerIds.flatMap((playerId) => this.#entries.get(playerId) ?? []);
    void this.#attempt(() => this.#speakFor(here));
  }

  /** Ends the timers; the players who wait here keep their place for when they come back, on whichever node. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#local);
    clearTimeout(this.#beat);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.allSettled(entries.map((entry) => this.#options.queue.away(entry.playerId, entry.connectionId)));
  }

  #schedule(): void {
    const delayMs = this.#heartbeatMs * (0.9 + Math.random() * 0.2);
    const expectedMs = Date.now() + delayMs;
    this.#beat = setTimeout(async () => {
      // A process that was paused first learns which of its players are gone, before it speaks for them: it sits out one beat.
      this.#paused = !this.#paused && Date.now() - expectedMs > PAUSED_MS;
      if (!this.#paused) await this.#attempt(() => this.#work());
      if (!this.#stopped) this.#schedule();
    }, delayMs);
  }

  /**
   * Once a second. First those who leave, so that nobody is matched with them; time limits come last, so that nobody is told
   * to give up who could be matched now.
   */
  async #work(): Promise<void> {
    for (const chunk of this.#chunks(isOwedLeave)) await Promise.all(chunk.map((entry) => this.#withdraw(entry)));
    for (const chunk of this.#chunks(isSpokenFor)) await this.#speakFor(chunk);
    for (const chunk of this.#chunks(isOwedEntry)) await Promise.all(chunk.map((entry) => this.#register(entry)));
    const { made, dissolved } = await this.#options.queue.sweep((mode) => this.#options.modes.get(mode));
    this.#announce(made);
    const affected = dissolved.flatMap((match) => match.members);
    if (affected.length > 0) {
      this.nudge(affected);
      this.#options.nudgeOthers(affected);
    }
    const nowMs = Date.now();
    const isLate = ({ stand, outlet }: Entry) => outlet !== null && isTimeUp(stand, nowMs, this.#matchTimeoutMs);
    for (const chunk of this.#chunks(isLate)) await Promise.all(chunk.map((entry) => this.#expire(entry)));
  }

  /** Looks again when a chunk's turn comes: who has left since must not be put back into the queue. */
  *#chunks(which: (entry: Entry) => boolean): Iterable<Entry[]> {
    const entries = [...this.#entries.values()].filter(which);
    for (let first = 0; first < entries.length; first += CHUNK) {
      yield entries.slice(first, first + CHUNK).filter((entry) => this.#isCurrent(entry) && which(entry));
    }
  }

  async #register(entry: Entry): Promise<void> {
    const size = this.#options.modes.get(entry.mode);
    if (size === undefined) return;
    entry.busy = true;
    try {
      const { standing, made } = await this.#options.queue.enter(asWaiting(entry), size);
      this.#apply(entry, standing);
      this.#announce(made);
    } finally {
      entry.busy = false;
    }
  }

  async #withdraw(entry: Entry): Promise<void> {
    entry.busy = true;
    try {
      const outcome = await this.#options.queue.leave(entry.playerId, entry.connectionId);
      if (!this.#isCurrent(entry)) return;
      if (outcome === 'matched') {
        answerAll(entry.left, 'matched');
        this.nudge([entry.playerId]);
      } else {
        this.#entries.delete(entry.playerId);
        answerAll(entry.left, 'left');
      }
    } finally {
      entry.busy = false;
    }
  }

  async #speakFor(entries: readonly Entry[]): Promise<void> {
    const spokenFor = entries.filter(isSpokenFor);
    if (spokenFor.length === 0) return;
    const standings = await this.#options.queue.heartbeat(spokenFor.map(asWaiting));
    for (const [index, standing] of standings.entries()) {
      const entry = spokenFor[index];
      if (entry !== undefined) this.#apply(entry, standing);
    }
  }

  async #expire(entry: Entry): Promise<void> {
    const { stand, playerId, connectionId, mode } = entry;
    const outcome = await this.#options.queue.leave(playerId, connectionId);
    if (!this.#isCurrent(entry)) return;
    if (outcome === 'matched' || stand.kind !== 'waiting') {
      this.nudge([playerId]);
      return;
    }
    this.#entries.delete(playerId);
    answerAll(entry.left, 'left');
    entry.outlet?.timedOut(mode, Date.now() - stand.sinceMs);
  }

  /** Takes the registry's word on a player, unless it is about an ENTER that is not the last one. */
  #apply(entry: Entry, standing: PlayerStanding): void {
    if (!this.#isCurrent(entry)) return;
    const stand = settle(entry.stand, standing, Date.now());
    if (stand === null) {
      this.#entries.delete(entry.playerId);
      answerAll(entry.left, 'left');
      if (standing.state === 'replaced') entry.outlet?.replaced();
      return;
    }
    entry.stand = stand;
    if (standing.state === 'waiting') entry.enteredAtMs = standing.enteredAtMs;
    if (stand.kind === 'entering') return;
    answerAll(entry.entered, stand.kind);
    if (stand.kind === 'waiting' && entry.leaving && !entry.busy) void this.#attempt(() => this.#withdraw(entry));
    this.#deliver(entry);
  }

  /** Tells of new matches: the players here at once, the other nodes by a nudge. */
  #announce(made: readonly Match[]): void {
    const elsewhere: string[] = [];
    for (const match of made) {
      for (const playerId of match.members) {
        const entry = this.#entries.get(playerId);
        if (entry === undefined) elsewhere.push(playerId);
        else if (entry.stand.kind === 'waiting') this.#apply(entry, { playerId, state: 'matched', match });
      }
    }
    if (elsewhere.length > 0) this.#options.nudgeOthers(elsewhere);
  }

  #deliver(entry: Entry): void {
    const nowMs = Date.now();
    if (entry.outlet === null || !isDeliveryDue(entry.stand, nowMs, this.#options.resendMs ?? 2_000)) return;
    const { match } = entry.stand;
    entry.stand = { ...entry.stand, sentAtMs: nowMs };
    entry.outlet.matched(match, () => this.#learned(entry, match.roomId));
  }

  #learned(entry: Entry, roomId: string): void {
    const { stand, playerId } = entry;
    if (stand.kind !== 'matched' || stand.match.roomId !== roomId || stand.acknowledged) return;
    entry.stand = { ...stand, acknowledged: true };
    void this.#attempt(() => this.#options.queue.acknowledge(playerId, roomId));
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.playerId) === entry;
  }

  /** A registry that cannot be reached is no error: the next beat tries again. Anything else is a mistake of ours, and is logged. */
  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof RegistryUnavailable)) this.#options.log.error({ err: error }, 'matching failed');
    }
  }
}
