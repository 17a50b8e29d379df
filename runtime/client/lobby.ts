import { Emitter } from './emitter';
import { closed, FleetClientError } from './errors';
import { Link, type LinkOptions } from './link';
import { field, text, texts } from './shape';

/** The room that the lobby decided (④⑤). */
export interface Match {
  readonly roomId: string;
  /** Proof for `start` and `finish`, of this player only. */
  readonly matchToken: string;
  readonly members: readonly string[];
}

export interface LobbyEvents {
  /** Every room that the lobby decides, also one that nobody waited for with `enter` (a dissolved room's players queue again by themselves). */
  match: (match: Match) => void;
  /** What the node complains about, e.g. `RATE_LIMITED`. */
  error: (code: string, message: string) => void;
}

interface Waiting {
  readonly mode: string;
  readonly pool: string | undefined;
  readonly resolve: (match: Match) => void;
  readonly reject: (error: FleetClientError) => void;
}

/** A dropped ENTER is said again after this long, in milliseconds. */
const REPEAT_MS = 1_000;

/** A player in the lobby. The place in the queue is kept when the node is lost or moved away from. */
export class Lobby {
  /** Resolves once the player is on a lobby node. @throws FleetClientError */
  readonly ready: Promise<void>;
  /** Resolves when the lobby is over: null after `leave()`, else the reason. Never rejects. */
  readonly ended: Promise<FleetClientError | null>;
  readonly #link: Link;
  readonly #emitter = new Emitter<LobbyEvents>();
  #waiting: Waiting | null = null;
  #over: FleetClientError | null = null;
  #lastRoom: string | null = null;
  #repeat: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Omit<LinkOptions, 'role' | 'greet' | 'onEvent'>) {
    let opened = (): void => {};
    const open = new Promise<void>((resolve) => {
      opened = resolve;
    });
    this.#link = new Link({
      ...options,
      role: 'lobby',
      greet: (connection) => {
        opened();
        this.#link.settle();
        if (this.#waiting !== null) connection.emit('ENTER', enterPayload(this.#waiting));
      },
      onEvent: (event, args) => this.#onEvent(event, args),
    });
    this.ended = this.#link.ended;
    const over = this.ended.then((error) => {
      this.#over = error ?? closed();
      this.#stopWaiting(this.#over);
      throw this.#over;
    });
    this.ready = Promise.race([open, over]);
    this.ready.catch(() => {});
    over.catch(() => {});
  }

  /** Listens; returns what stops listening. */
  on<K extends keyof LobbyEvents>(event: K, listener: LobbyEvents[K]): () => void {
    return this.#emitter.on(event, listener);
  }

  /**
   * Waits for a room (③ to ⑤). Over a change of node, and over a longer outage, it goes on waiting in the old place. A second call
   * takes the first one's place.
   *
   * @param options.pool players meet only within their pool. @default 'default'
   * @param options.signal leaves the queue
   * @throws FleetClientError `MATCH_TIMEOUT` when there is nobody to play with; `BAD_PAYLOAD` for an unknown mode; `CLOSED`; `REPLACED`
   */
  enter(mode: string, options: { readonly pool?: string; readonly signal?: AbortSignal } = {}): Promise<Match> {
    const { pool, signal } = options;
    this.#stopWaiting(closed('another enter() took its place'));
    const onAbort = (): void => {
      this.#link.emit('LEAVE', {});
      this.#stopWaiting(closed(signal?.reason));
    };
    return new Promise<Match>((resolve, reject) => {
      if (signal?.aborted === true) return reject(closed(signal.reason));
      if (this.#over !== null) return reject(this.#over);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting = { mode, pool, resolve, reject };
      this.#link.emit('ENTER', enterPayload(this.#waiting));
    }).finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Leaves the lobby: the node forgets the player at once; a room that was decided stays. */
  leave(): void {
    this.#link.close();
  }

  #onEvent(event: string, args: readonly unknown[]): void {
    const [payload, ack] = args;
    if (event === 'ALL_CONNECTED') this.#onMatch(payload, ack);
    if (event === 'MATCH_TIMEOUT') {
      this.#stopWaiting(new FleetClientError('MATCH_TIMEOUT', 'nobody to play with; enter again to go on'));
    }
    if (event === 'MOVE') {
      const afterMs = field(payload, 'after_ms');
      this.#link.move(typeof afterMs === 'number' ? afterMs : 0);
    }
    if (event === 'ERROR') this.#onError(text(payload, 'code') ?? 'INTERNAL', text(payload, 'message') ?? '');
  }

  #onMatch(payload: unknown, ack: unknown): void {
    const roomId = text(payload, 'room_id');
    const matchToken = text(payload, 'match_token');
    const members = texts(payload, 'members');
    if (roomId === undefined || matchToken === undefined || members === undefined) return;
    if (typeof ack === 'function') ack();
    const match: Match = { roomId, matchToken, members };
    const waiting = this.#waiting;
    this.#waiting = null;
    clearTimeout(this.#repeat);
    waiting?.resolve(match);
    // Sent again until acknowledged: the same room is news once.
    if (roomId !== this.#lastRoom) this.#emitter.emit('match', [match]);
    this.#lastRoom = roomId;
  }

  #onError(code: string, message: string): void {
    this.#emitter.emit('error', [code, message]);
    if (code === 'BAD_PAYLOAD') this.#stopWaiting(new FleetClientError(code, message));
    if (code !== 'RATE_LIMITED' || this.#waiting === null) return;
    clearTimeout(this.#repeat);
    this.#repeat = setTimeout(
      () => {
        if (this.#waiting !== null) this.#link.emit('ENTER', enterPayload(this.#waiting));
      },
      REPEAT_MS * (1 + Math.random()),
    );
  }

  #stopWaiting(error: FleetClientError): void {
    clearTimeout(this.#repeat);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(error);
  }
}

function enterPayload({ mode, pool }: Waiting): { mode: string; pool?: string } {
  return pool === undefined ? { mode } : { mode, pool };
}
