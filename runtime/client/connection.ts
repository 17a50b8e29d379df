import type { AssignReply } from '../core/protocol/rest';
import { type Backoff, backoffMs, sleep } from './backoff';
import { CLOSED, closed, FleetClientError } from './errors';
import { field, text } from './shape';
import type { OpenWire, Wire } from './wire';

/**
 * Why a node is of no more use: `lost`: it broke off and could not be resumed; `kicked`: the node ended the session; `replaced`: the
 * same player has connected elsewhere; `closed`: by us.
 */
export type ConnectionEnd = 'lost' | 'kicked' | 'replaced' | 'expelled' | 'closed';

export interface ConnectionOptions {
  readonly answer: AssignReply;
  /** In milliseconds, for each try, until the namespace is open. */
  readonly connectTimeoutMs: number;
  readonly backoff: Backoff;
  /** What carries it. */
  readonly openWire: OpenWire;
  /** The connection is open, for the first time or again, after `tookMs` milliseconds. */
  readonly onOpen: (resumed: boolean, tookMs: number) => void;
  /** An open connection is gone; `reason` is socket.io's. */
  readonly onClose: (reason: string) => void;
  readonly onEvent: (event: string, args: readonly unknown[]) => void;
}

/** Tries to resume before another node is asked for. Few: the API knows better than we do what has become of a node. */
const RESUME_TRIES = 3;

/**
 * One player's session on one node: the first connection with the ticket, after a loss the same again with the resume token.
 * The node's pings (every 5 s, 5 s of patience) make the loss of a hung node known.
 */
export class NodeConnection {
  /** Resolves once, when this node is of no more use. */
  readonly ended: Promise<ConnectionEnd>;
  readonly #options: ConnectionOptions;
  readonly #abort = new AbortController();
  #end: (why: ConnectionEnd) => void = () => {};
  #wire: Wire | null = null;
  #session: { readonly token: string; readonly graceMs: number } | null = null;
  #final: 'replaced' | 'expelled' | null = null;
  #alive = true;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = (why) => {
        this.#alive = false;
        resolve(why);
      };
    });
  }

  get nodeId(): string {
    return this.#options.answer.nodeId;
  }

  /** Whether the session may still be there. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Connects with the ticket. @throws FleetClientError `REFUSED`, `UNREACHABLE`, `TIMEOUT` or `CLOSED` */
  async open(): Promise<void> {
    const { ticket } = this.#options.answer;
    await this.#dial({ ticket }, this.#options.connectTimeoutMs, false);
  }

  /** Sends an event if the connection is open just now; otherwise it is dropped, and the answer is false. */
  emit(event: string, ...args: unknown[]): boolean {
    if (this.#wire?.connected !== true) return false;
    this.#wire.emit(event, args);
    return true;
  }

  /** Leaves on purpose: the node ends the session at once. */
  close(): void {
    this.#abort.abort(CLOSED);
    this.#wire?.disconnect();
    this.#end('closed');
  }

  #dial(query: Record<string, string>, timeoutMs: number, resumed: boolean): Promise<void> {
    const { signal } = this.#abort;
    const { endpoint } = this.#options.answer;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(closed());
      const startedAtMs = performance.now();
      let state: 'opening' | 'open' | 'given up' = 'opening';
      const settle = (error?: FleetClientError): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else {
          state = 'given up';
          wire.disconnect();
          reject(error);
        }
      };
      const onAbort = (): void => settle(closed());
      const timer = setTimeout(
        () => settle(new FleetClientError('TIMEOUT', `${endpoint} did not answer within ${Math.round(timeoutMs)} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      const wire = this.#options.openWire(endpoint, query, {
        onOpen: () => {
          if (state !== 'opening') return;
          state = 'open';
          this.#wire = wire;
          settle();
          this.#options.onOpen(resumed, performance.now() - startedAtMs);
        },
        onFail: ({ refused, message, cause }) => {
          if (state !== 'opening') return;
          const code = refused ? 'REFUSED' : 'UNREACHABLE';
          settle(new FleetClientError(code, `${endpoint}: ${message}`, { cause }));
        },
        onClose: (reason) => {
          if (state === 'open') this.#onDown(reason);
        },
        onEvent: (event, args) => {
          if (state !== 'given up') this.#onEvent(event, args);
        },
      });
    });
  }

  #onEvent(event: string, args: readonly unknown[]): void {
    const token = text(args[0], 'resume_token');
    const graceMs = field(args[0], 'grace_ms');
    if (event === 'SESSION' && token !== undefined && typeof graceMs === 'number') this.#session = { token, graceMs };
    const code = event === 'ERROR' ? text(args[0], 'code') : undefined;
    if (code === 'REPLACED') this.#final = 'replaced';
    if (code === 'KICKED') this.#final = 'expelled';
    this.#options.onEvent(event, args);
  }

  #onDown(reason: string): void {
    this.#options.onClose(reason);
    if (reason === 'io client disconnect') return;
    if (this.#final !== null) this.#end(this.#final);
    else if (reason === 'io server disconnect') this.#end('kicked');
    else void this.#resume();
  }

  async #resume(): Promise<void> {
    const session = this.#session;
    const untilMs = performance.now() + (session?.graceMs ?? 0);
    try {
      for (let attempt = 0; session !== null && attempt < RESUME_TRIES; attempt++) {
        await sleep(backoffMs(attempt, this.#options.backoff, Math.random()), this.#abort.signal);
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) break;
        const outcome = await this.#dial(
          { resume: session.token },
          Math.min(leftMs, this.#options.connectTimeoutMs),
          true,
        ).then(
          () => 'open',
          (error: FleetClientError) => error.code,
        );
        if (outcome === 'open') return;
        // A silent node hangs, and a refusal will be repeated: the API has better advice.
        if (outcome === 'REFUSED' || outcome === 'TIMEOUT') break;
      }
      this.#end('lost');
    } catch {
      // Closed meanwhile: close() has said so.
    }
  }
}
