import type { AssignReply } from '../core/protocol/rest';
import { type Backoff, backoffMs, sleep } from './backoff';
import { NodeConnection } from './connection';
import { asClientError, CLOSED, FleetClientError } from './errors';
import { type Effort, overdue } from './retry';
import type { OpenWire } from './wire';

type Role = 'lobby' | 'game';

/** What happens beneath, for statistics and logs. Times in milliseconds; each `opened` is followed by one `closed`. */
export type LinkReport = { readonly role: Role; readonly nodeId: string } & (
  | { readonly kind: 'asked'; readonly answer: AssignReply; readonly tookMs: number }
  | { readonly kind: 'opened'; readonly resumed: boolean; readonly tookMs: number }
  | { readonly kind: 'closed'; readonly reason: string }
  /** The node had asked us to go, and we came to this one. */
  | { readonly kind: 'moved' }
);

export interface LinkTiming {
  /**
   * How long an effort to be of use on a node may take altogether, in milliseconds: asking, connecting, being let in, and asking again
   * when that comes to nothing. It ends with a connection that was of use for 10 s; what was of use for less costs no time, but is no end.
   */
  readonly deadlineMs: number;
  /** Limit of one connection try, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly backoff: Backoff;
  /** What carries the connections. */
  readonly openWire: OpenWire;
}

export interface LinkOptions extends LinkTiming {
  readonly role: Role;
  /** Asks the API for a node; repeats by itself, for what is left of the effort at most. */
  readonly ask: (effort: Effort, signal: AbortSignal) => Promise<AssignReply>;
  /** Says to the node what the player is here for; called on every new connection. */
  readonly greet: (connection: NodeConnection) => void;
  readonly onEvent: (event: string, args: readonly unknown[]) => void;
  readonly report: (report: LinkReport) => void;
}

type Wish =
  | { readonly kind: 'move'; readonly withinMs: number }
  | { readonly kind: 'restart'; readonly why: FleetClientError };

/** A connection that was of use for this long was a success: the effort is over, and the pauses between tries begin anew. */
const STABLE_MS = 10_000;

/** Keeps one player on *some* node of a cluster: asks, connects, and asks again whenever the node is of no more use. */
export class Link {
  /** Resolves when the link is over: null after `close()`, else the reason. Never rejects. */
  readonly ended: Promise<FleetClientError | null>;
  readonly #options: LinkOptions;
  readonly #abort = new AbortController();
  /** All that are open, being opened or being resumed; two during a move. */
  readonly #connections = new Set<NodeConnection>();
  #current: NodeConnection | null = null;
  #wish: (wish: Wish) => void = () => {};
  #wished: Promise<Wish> = new Promise(() => {});
  #quickLosses = 0;
  /** Since when no connection has been of use, in milliseconds of a clock that only goes forward; null while one is. */
  #troubledSinceMs: number | null = performance.now();
  /** Since when the present connection has been of use. */
  #usefulSinceMs: number | null = null;
  /** What the present effort took before, in milliseconds. */
  #spentMs = 0;
  /** Why the last connection was given up. */
  #lastWhy: FleetClientError | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.ended = this.#run().then(
      () => null,
      (error: unknown) => (this.#abort.signal.aborted ? null : asClientError(error)),
    );
  }

  /** Sends an event if connected just now; answers whether. */
  emit(event: string, ...args: unknown[]): boolean {
    return this.#current?.emit(event, ...args) ?? false;
  }

  /** Goes to another node within this time, in milliseconds; stays on this one until the other is open. */
  move(withinMs: number): void {
    this.#wish({ kind: 'move', withinMs });
  }

  /** Leaves this node now and asks again; when that goes on until the deadline, `why` is the cause that is named. */
  restart(why: FleetClientError): void {
    this.#wish({ kind: 'restart', why });
  }

  /** The connection is of use: the player has been let in. */
  settle(): void {
    const nowMs = performance.now();
    this.#usefulSinceMs ??= nowMs;
    if (this.#troubledSinceMs !== null) this.#spentMs += nowMs - this.#troubledSinceMs;
    this.#troubledSinceMs = null;
  }

  /** Leaves for good; nothing is left behind. */
  close(): void {
    this.#abort.abort(CLOSED);
    for (const connection of this.#connections) connection.close();
  }

  async #run(): Promise<void> {
    let connection = await this.#reach();
    for (;;) {
      const event = await Promise.race([connection.ended, this.#wished]);
      this.#expectWish();
      this.#unsettle();
      if (event === 'closed') return;
      if (event === 'replaced') {
        throw new FleetClientError('REPLACED', 'the same player has connected again elsewhere');
      }
      if (event === 'expelled') throw new FleetClientError('KICKED', 'an operator has ended the session');
      if (typeof event === 'object' && event.kind === 'move') {
        connection = await this.#moveFrom(connection, event.withinMs);
      } else {
        if (typeof event === 'object') this.#lastWhy = event.why;
        connection.close();
        connection = await this.#reach();
      }
    }
  }

  /** From before a connection opens: what its node says first may be that we shall go. */
  #expectWish(): void {
    this.#wished = new Promise((resolve) => {
      this.#wish = resolve;
    });
  }

  /** The connection is over, or about to be. */
  #unsettle(): void {
    const nowMs = performance.now();
    const wasSuccess = this.#usefulSinceMs !== null && nowMs - this.#usefulSinceMs >= STABLE_MS;
    this.#quickLosses = wasSuccess ? 0 : this.#quickLosses + 1;
    if (wasSuccess) this.#spentMs = 0;
    this.#usefulSinceMs = null;
    this.#troubledSinceMs ??= nowMs;
  }

  async #moveFrom(old: NodeConnection, withinMs: number): Promise<NodeConnection> {
    const { signal } = this.#abort;
    try {
      // Over the first half, spread; the other half is for asking and connecting.
      await sleep((Math.random() * withinMs) / 2, signal);
      // Until now the old one was of use.
      this.#troubledSinceMs = performance.now();
      const next = await this.#reach();
      old.close();
      this.#options.report({ role: this.#options.role, nodeId: next.nodeId, kind: 'moved' });
      return next;
    } catch (error) {
      // Nowhere to go: better on the old node than on none.
      if (signal.aborted || !old.alive) throw error;
      this.settle();
      return old;
    }
  }

  /** Asks and connects until it works, the API's answer is final, or the time is over. */
  async #reach(): Promise<NodeConnection> {
    const { role, deadlineMs, backoff, ask, report } = this.#options;
    const { signal } = this.#abort;
    const untilMs = (this.#troubledSinceMs ?? performance.now()) + deadlineMs - this.#spentMs;
    let last: unknown = this.#lastWhy;
    for (let attempt = this.#quickLosses; ; attempt++) {
      if (attempt > 0) await sleep(backoffMs(attempt - 1, backoff, Math.random()), signal);
      const askedAtMs = performance.now();
      if (askedAtMs >= untilMs) throw overdue(deadlineMs, last);
      const answer = await ask({ deadlineMs, leftMs: untilMs - askedAtMs, last }, signal);
      report({ role, nodeId: answer.nodeId, kind: 'asked', answer, tookMs: performance.now() - askedAtMs });
      const connection = this.#connect(answer);
      try {
        await connection.open();
        return connection;
      } catch (error) {
        connection.close();
        if (signal.aborted) throw error;
        last = error;
      }
    }
  }

  #connect(answer: AssignReply): NodeConnection {
    const { role, connectTimeoutMs, backoff, openWire, greet, onEvent, report } = this.#options;
    const { nodeId } = answer;
    const connection = new NodeConnection({
      answer,
      connectTimeoutMs,
      backoff,
      openWire,
      onEvent,
      onOpen: (resumed, tookMs) => {
        report({ role, nodeId, kind: 'opened', resumed, tookMs });
        // An old node that comes back while we move away from it stays the old one.
        if (resumed && this.#current !== connection) return;
        this.#current = connection;
        greet(connection);
      },
      onClose: (reason) => report({ role, nodeId, kind: 'closed', reason }),
    });
    this.#connections.add(connection);
    this.#expectWish();
    void connection.ended.then(() => this.#connections.delete(connection));
    return connection;
  }
}
