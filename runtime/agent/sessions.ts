import { randomBytes } from 'node:crypto';
import type { TicketRoom } from '../core/protocol/ticket';

/** An accepted ticket waits at least so long for its connection, in milliseconds, also where nobody has any time to come back. */
const LEAST_OPEN_MS = 2_000;

/** An admitted player. */
export interface Session<C> {
  readonly playerId: string;
  /** The reservation that the player's last ticket fulfilled. */
  rid: string;
  room: TicketRoom | undefined;
  /** Null within the grace time, also between the admission and the opening of the connection. */
  connection: C | null;
  /** What the newest connection was told to resume with. */
  token: string;
  /** What the newest connection came with: valid until it is known that the client has the newer token. */
  usedToken: string | undefined;
}

/**
 * Who is admitted. A session begins in its grace time, without a connection, the moment its ticket is accepted: from then on
 * the seat is a session, no longer a reservation, whether or not a connection follows. One session per player.
 * Times are milliseconds of any clock that only goes forward.
 */
export class Sessions<C> {
  readonly #graceMs: number;
  readonly #openMs: number;
  readonly #byPlayer = new Map<string, Session<C>>();
  readonly #byToken = new Map<string, Session<C>>();
  /** When sessions without a connection end. */
  readonly #graceEnds = new Map<Session<C>, number>();

  /** @param openMs how long an accepted ticket waits for its connection. @default as long as the grace time, at least 2 s */
  constructor(graceMs: number, openMs = Math.max(graceMs, LEAST_OPEN_MS)) {
    this.#graceMs = graceMs;
    this.#openMs = openMs;
  }

  get size(): number {
    return this.#byPlayer.size;
  }

  /** Sessions that have a connection. */
  get connected(): number {
    return this.#byPlayer.size - this.#graceEnds.size;
  }

  all(): Iterable<Session<C>> {
    return this.#byPlayer.values();
  }

  /** A ticket was accepted. The room takes effect when the connection opens, as an older connection may still play in its own. */
  admit(playerId: string, rid: string, room: TicketRoom | undefined, nowMs: number): Session<C> {
    const known = this.#byPlayer.get(playerId);
    if (known !== undefined) {
      known.rid = rid;
      if (known.connection === null) this.#wait(known, nowMs + this.#openMs);
      return known;
    }
    const session: Session<C> = { playerId, rid, room, connection: null, token: newToken(), usedToken: undefined };
    this.#byPlayer.set(playerId, session);
    this.#byToken.set(session.token, session);
    this.#wait(session, nowMs + this.#openMs);
    return session;
  }

  of(playerId: string): Session<C> | undefined {
    return this.#byPlayer.get(playerId);
  }

  byToken(token: string): Session<C> | undefined {
    return this.#byToken.get(token);
  }

  /**
   * A connection opened; gives it a new token. `resumedWith` is what it came with, undefined for a ticket.
   * Returns the connection that it replaces; undefined when the session has ended meanwhile.
   */
  open(session: Session<C>, connection: C, resumedWith: string | undefined): { replaced: C | null } | undefined {
    if (this.#byPlayer.get(session.playerId) !== session) return undefined;
    const replaced = session.connection;
    this.#forgetTokens(session);
    session.connection = connection;
    session.usedToken = resumedWith;
    session.token = newToken();
    this.#byToken.set(session.token, session);
    if (resumedWith !== undefined) this.#byToken.set(resumedWith, session);
    this.#graceEnds.delete(session);
    return { replaced };
  }

  /** The client is known to have the token that was made for this connection: the one it came with is void. */
  confirm(session: Session<C>, connection: C): void {
    if (session.connection !== connection || session.usedToken === undefined) return;
    this.#byToken.delete(session.usedToken);
    session.usedToken = undefined;
  }

  /** The connection was lost; nothing happens when it is not the session's newest. */
  lost(session: Session<C>, connection: C, nowMs: number): void {
    if (session.connection !== connection) return;
    session.connection = null;
    this.#wait(session, nowMs + this.#graceMs);
  }

  /** Ends the session; false when it had ended before. */
  end(session: Session<C>): boolean {
    if (this.#byPlayer.get(session.playerId) !== session) return false;
    this.#byPlayer.delete(session.playerId);
    this.#graceEnds.delete(session);
    this.#forgetTokens(session);
    session.connection = null;
    return true;
  }

  /** Ends and returns the sessions whose grace time is over. */
  expire(nowMs: number): Session<C>[] {
    const over: Session<C>[] = [];
    for (const [session, endsMs] of this.#graceEnds) if (endsMs <= nowMs) over.push(session);
    for (const session of over) this.end(session);
    return over;
  }

  #wait(session: Session<C>, untilMs: number): void {
    this.#graceEnds.set(session, untilMs);
  }

  #forgetTokens(session: Session<C>): void {
    this.#byToken.delete(session.token);
    if (session.usedToken !== undefined) this.#byToken.delete(session.usedToken);
  }
}

/** 128 random bits. */
function newToken(): string {
  return randomBytes(16).toString('base64url');
}
