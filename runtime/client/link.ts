import type { AssignReply } from '../core/protocol/rest';
import { type Backoff, backoffMs, sleep } from './backoff';
import { NodeConnection } from './connection';
import { asClientError, FleetClientError } from './errors';
import { overdue } from './retry';

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
  /** How long an effort to get onto a node may take altogether, in milliseconds: asking, connecting, asking again. */
  readonly deadlineMs: number;
  /** Limit of one connection try, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly backoff: Backoff;
}

export interface LinkOptions extends LinkTiming {
  readonly role: Role;
  /** Asks the API for a node; repeats by itself, for `deadlineMs` at most. */
  readonly ask: (deadlineMs: number, signal: AbortSignal) => Promise<AssignReply>;
  /** Says to the node what the player is here for; called on every new connection. */
  readonly greet: (connection: NodeConnection) => void;
  readonly onEvent: (event: string, args: readonly unknown[]) => void;
  readonly report: (report: LinkReport) => void;
}

type Wish = { readonly kind: 'move'; readonly withinMs: number } | { readonly kind: 'restart' };

/** A connection that lived this long was a success: the pauses between tries begin anew. */
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
  #quickLosses = 0;

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

  /** Leaves this node now and asks again. */
  restart(): void {
    this.#wish({ kind: 'restart' });
  }

  /** Leaves for good; nothing is left behind. */
  close(): void {
    this.#abort.abort();
    for (const connection of this.#connections) connection.close();
  }

  async #run(): Promise<void> {
    let connection = await this.#reach();
    for (;;) {
      const openedAtMs = performance.now();
      const wished = new Promise<Wish>((resolve) => {
        this.#wish = resolve;
      });
      const event = await Promise.race([connection.ended, wished]);
      this.#quickLosses = performance.now() - openedAtMs < STABLE_MS ? this.#quickLosses + 1 : 0;
      if (event === 'closed') return;
      if (event === 'replaced') {
        throw new FleetClientError('REPLACED', 'the same player has connected again elsewhere');
      }
      if (typeof event === 'object' && event.kind === 'move') {
        connection = await this.#moveFrom(connection, event.withinMs);
      } else {
        connection.close();
        connection = await this.#reach();
      }
    }
  }

  async #moveFrom(old: NodeConnection, withinMs: number): Promise<NodeConnection> {
    const { signal } = this.#abort;
    try {
      // Over the first half, spread; the other half is for asking and connecting.
      await sleep((Math.random() * withinMs) / 2, signal);
      const next = await this.#reach();
      old.close();
      this.#options.report({ role: this.#options.role, nodeId: next.nodeId, kind: 'moved' });
      return next;
    } catch (error) {
      // Nowhere to go: better on the old node than on none.
      if (!signal.aborted && old.alive) return old;
      throw error;
    }
  }

  /** Asks and connects until it works, the API's answer is final, or the time is over. */
  async #reach(): Promise<NodeConnection> {
    const { role, deadlineMs, backoff, ask, report } = this.#options;
    const { signal } = this.#abort;
    const untilMs = performance.now() + deadlineMs;
    let last: unknown;
    for (let attempt = this.#quickLosses; ; attempt++) {
      if (attempt > 0) await sleep(backoffMs(attempt - 1, backoff, Math.random()), signal);
      const askedAtMs = performance.now();
      if (askedAtMs >= untilMs) throw overdue(deadlineMs, last);
      const answer = await ask(untilMs - askedAtMs, signal);
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
    const { role, connectTimeoutMs, backoff, greet, onEvent, report } = this.#options;
    const { nodeId } = answer;
    const connection = new NodeConnection({
      answer,
      connectTimeoutMs,
      backoff,
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
    void connection.ended.then(() => this.#connections.delete(connection));
    return connection;
  }
}
