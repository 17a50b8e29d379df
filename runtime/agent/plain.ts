import type { Server as HttpServer } from 'node:http';
import { ERRORS } from '../core/errors';
import type { TicketRoom } from '../core/protocol/ticket';
import { AgentCore, type Crowd } from './core';
import { questionServer } from './http-channel';
import type { Movable } from './mover';
import { type Session, Sessions } from './sessions';
import {
  type AgentOptions,
  DEFAULT_GRACE_MS,
  type Joined,
  type Joining,
  type PlainAgent,
  type PlainConnection,
  type SessionEndReason,
} from './types';

/** The sessions of a server that manages its connections itself. */
class PlainCrowd implements Crowd {
  readonly sessions: Sessions<PlainConnection>;
  readonly #onEnd: (playerId: string, reason: SessionEndReason) => void;

  constructor(graceMs: number, onEnd: (playerId: string, reason: SessionEndReason) => void) {
    this.sessions = new Sessions(graceMs);
    this.#onEnd = onEnd;
  }

  get count(): number {
    return this.sessions.size;
  }

  get connected(): number {
    return this.sessions.connected;
  }

  reservations(): string[] {
    return Array.from(this.sessions.all(), (session) => session.rid);
  }

  movables(): Movable[] {
    return Array.from(this.sessions.all(), (session) => ({
      playerId: session.playerId,
      ask: (afterMs: number) => session.connection?.move(afterMs),
    }));
  }

  expire(): void {
    for (const session of this.sessions.expire(performance.now())) this.#onEnd(session.playerId, 'expired');
  }

  kick(playerId: string): boolean {
    const session = this.sessions.of(playerId);
    if (session === undefined) return false;
    const { connection } = session;
    this.sessions.end(session);
    this.#onEnd(playerId, 'kicked');
    if (connection?.kicked === undefined) connection?.replaced();
    else connection.kicked();
    return true;
  }

  /** Only the session's newest connection ends it. */
  end(session: Session<PlainConnection>, connection: PlainConnection, reason: SessionEndReason): void {
    if (session.connection === connection && this.sessions.end(session)) this.#onEnd(session.playerId, reason);
  }
}

/** What a ticket or a resume token led to. */
interface Found {
  session?: Session<PlainConnection>;
  room?: TicketRoom | undefined;
  resumedWith?: string;
}

/** See `createAgent` and `PlainAgent`. */
export class PlainNodeAgent extends AgentCore implements PlainAgent {
  readonly questions: HttpServer;
  readonly #crowd: PlainCrowd;
  readonly #graceMs: number;

  constructor(options: AgentOptions) {
    const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    const crowd = new PlainCrowd(graceMs, (playerId, reason) => this.ended(playerId, reason));
    super(options, crowd);
    this.#crowd = crowd;
    this.#graceMs = graceMs;
    this.questions = questionServer(this, options.log);
  }

  join(shown: { readonly ticket: string } | { readonly resume: string }, connection: PlainConnection): Joining {
    const { sessions } = this.#crowd;
    const found: Found = {};
    const code = this.admit(new URLSearchParams(shown), {
      agent: () => undefined,
      ticket: ({ sub, rid, room }) => {
        found.session = sessions.admit(sub, rid, room, performance.now());
        found.room = room;
      },
      resume: (token) => {
        const session = sessions.byToken(token);
        if (session === undefined) return 'RESUME_INVALID';
        found.session = session;
        found.room = session.room;
        found.resumedWith = token;
        return null;
      },
    });
    if (code !== null) return refused(code);
    const { session, room, resumedWith } = found;
    const opened = session && sessions.open(session, connection, resumedWith);
    if (session === undefined || opened === undefined) return refused('TICKET_REQUIRED');
    session.room = room;
    opened.replaced?.replaced();
    return { ok: true, player: this.#joined(session, connection, resumedWith !== undefined) };
  }

  #joined(session: Session<PlainConnection>, connection: PlainConnection, resumed: boolean): Joined {
    const { sessions } = this.#crowd;
    return {
      playerId: session.playerId,
      room: session.room,
      resumed,
      resumeToken: session.token,
      graceMs: this.#graceMs,
      confirm: () => sessions.confirm(session, connection),
      lost: () => sessions.lost(session, connection, performance.now()),
      leave: (reason) => this.#crowd.end(session, connection, reason),
    };
  }
}

function refused(code: Extract<Joining, { ok: false }>['code']): Joining {
  return { ok: false, code, message: ERRORS[code].message };
}
