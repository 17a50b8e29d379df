import type { IncomingMessage } from 'node:http';
import type { Namespace, Server, Socket } from 'socket.io';
import { ERRORS, type ErrorCode } from '../core/errors';
import { AGENT_NAMESPACE } from '../core/protocol/agent';
import type { ErrorEvent, MoveEvent, SessionEvent } from '../core/protocol/events';
import type { TicketClaims, TicketRoom } from '../core/protocol/ticket';
import type { Movable } from './mover';
import { type Session, Sessions } from './sessions';
import type { PlayerSession, SessionEndReason, Traffic } from './types';

type EngineSocket = Socket['conn'];

/** The rest of what engine.io sends are its own pings. */
interface EnginePacket {
  readonly type: string;
}

/** A player's engine.io connection. Namespaces share it, so it is what counts, not the sockets. */
interface Connection {
  readonly conn: EngineSocket;
  readonly session: Session<Connection>;
  readonly player: PlayerSession;
  /** One a namespace, oldest first. */
  readonly sockets: Set<Socket>;
}

/** What was decided of a handshake, until engine.io opens the connection. */
type Admitted =
  | 'agent'
  | {
      readonly session: Session<Connection>;
      readonly room: TicketRoom | undefined;
      readonly resumedWith: string | undefined;
    };

/** Joins the sessions to socket.io: connections opening, being replaced, lost and closed, and who may enter which namespace. */
export class Players {
  readonly #graceMs: number;
  readonly #onEnd: (playerId: string, reason: SessionEndReason) => void;
  readonly #sessions: Sessions<Connection>;
  readonly #admitted = new WeakMap<IncomingMessage, Admitted>();
  readonly #agents = new WeakSet<EngineSocket>();
  readonly #connections = new WeakMap<EngineSocket, Connection>();
  readonly #traffic = { in: 0, out: 0 };
  readonly #came = (packet: EnginePacket) => {
    if (packet.type === 'message') this.#traffic.in += 1;
  };
  readonly #went = (packet: EnginePacket) => {
    if (packet.type === 'message') this.#traffic.out += 1;
  };

  /** @param graceMs in milliseconds */
  constructor(io: Server, graceMs: number, onEnd: (playerId: string, reason: SessionEndReason) => void) {
    this.#graceMs = graceMs;
    this.#onEnd = onEnd;
    this.#sessions = new Sessions(graceMs);
    io.engine.on('connection', (conn: EngineSocket) => this.#opened(conn));
    for (const namespace of io._nsps.values()) this.#guard(namespace);
    io.on('new_namespace', (namespace) => this.#guard(namespace));
  }

  /** Admitted players. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Players' connections open now. */
  get connected(): number {
    return this.#sessions.connected;
  }

  /** Messages of players' connections so far. */
  get traffic(): Traffic {
    return this.#traffic;
  }

  /** Reservations that the present sessions fulfilled. */
  reservations(): string[] {
    return Array.from(this.#sessions.all(), (session) => session.rid);
  }

  movables(): Movable[] {
    return Array.from(this.#sessions.all(), (session) => ({
      playerId: session.playerId,
      ask: (afterMs: number) => {
        if (session.connection !== null) tell(session.connection, 'MOVE', { after_ms: afterMs } satisfies MoveEvent);
      },
    }));
  }

  player(socket: Socket): PlayerSession {
    const connection = this.#connections.get(socket.conn);
    if (connection === undefined) throw new Error('this socket does not belong to an admitted player');
    return connection.player;
  }

  admitAgent(request: IncomingMessage): void {
    this.#admitted.set(request, 'agent');
  }

  /** From this turn on the seat is a session, no longer a reservation (S1), whether or not a connection follows. */
  admitTicket(request: IncomingMessage, { sub, rid, room }: TicketClaims): void {
    const session = this.#sessions.admit(sub, rid, room, performance.now());
    this.#admitted.set(request, { session, room, resumedWith: undefined });
  }

  /** Null when admitted, else the code to refuse the handshake with. */
  admitResume(request: IncomingMessage, token: string): ErrorCode | null {
    const session = this.#sessions.byToken(token);
    if (session === undefined) return 'RESUME_INVALID';
    this.#admitted.set(request, { session, room: session.room, resumedWith: token });
    return null;
  }

  /** Ends the sessions whose grace time is over. */
  expire(): void {
    for (const session of this.#sessions.expire(performance.now())) this.#onEnd(session.playerId, 'expired');
  }

  kick(playerId: string): boolean {
    const session = this.#sessions.of(playerId);
    if (session === undefined) return false;
    const { connection } = session;
    this.#sessions.end(session);
    this.#onEnd(playerId, 'kicked');
    if (connection !== null) dismiss(connection, 'KICKED');
    return true;
  }

  #opened(conn: EngineSocket): void {
    // A WebTransport connection has no request and never passed the guard.
    const admitted = conn.request ? this.#admitted.get(conn.request) : undefined;
    if (admitted === 'agent') {
      this.#agents.add(conn);
      return;
    }
    if (admitted === undefined) {
      conn.close(true);
      return;
    }
    const { session, room, resumedWith } = admitted;
    const player: PlayerSession = { playerId: session.playerId, room, resumed: resumedWith !== undefined };
    const connection: Connection = { conn, session, player, sockets: new Set() };
    const opened = this.#sessions.open(session, connection, resumedWith);
    if (opened === undefined) {
      conn.close(true);
      return;
    }
    session.room = room;
    this.#connections.set(conn, connection);
    conn.on('packet', this.#came).on('packetCreate', this.#went);
    conn.on('close', () => this.#sessions.lost(session, connection, performance.now()));
    if (opened.replaced !== null) dismiss(opened.replaced, 'REPLACED');
  }

  /** Agents enter `/agent` only; players whose connection is their newest enter all other namespaces. */
  #guard(namespace: Namespace): void {
    const forAgents = namespace.name === AGENT_NAMESPACE;
    namespace.use((socket, next) => {
      const connection = this.#connections.get(socket.conn);
      const isPlayer = connection !== undefined && connection.session.connection === connection;
      const allowed = forAgents ? this.#agents.has(socket.conn) : isPlayer;
      next(allowed ? undefined : new Error('UNAUTHORIZED'));
    });
    // `connect` comes before `connection`: the player has the resume token before the server's own code says anything.
    if (!forAgents) namespace.on('connect', (socket) => this.#entered(socket));
  }

  #entered(socket: Socket): void {
    const connection = this.#connections.get(socket.conn);
    if (connection === undefined) return;
    const { session, sockets } = connection;
    sockets.add(socket);
    socket.on('disconnect', (reason) => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      if (reason === 'client namespace disconnect') this.#end(connection, 'left');
      if (reason === 'server namespace disconnect') this.#end(connection, 'closed');
    });
    if (sockets.size > 1) return;
    const event: SessionEvent = { resume_token: session.token, grace_ms: this.#graceMs };
    socket.emit('SESSION', event);
    // A heartbeat after SESSION proves that it has come through, as a connection keeps the order.
    connection.conn.once('heartbeat', () => this.#sessions.confirm(session, connection));
  }

  #end(connection: Connection, reason: SessionEndReason): void {
    const { session, conn } = connection;
    if (session.connection !== connection || !this.#sessions.end(session)) return;
    this.#onEnd(session.playerId, reason);
    // A connection without a session would not be counted.
    conn.close();
  }
}

/** Closes a connection that is no longer the session's: its player has come again, or was kicked. Its closing changes nothing there. */
function dismiss(connection: Connection, code: 'REPLACED' | 'KICKED'): void {
  const event: ErrorEvent = { code, message: ERRORS[code].message };
  tell(connection, 'ERROR', event);
  for (const socket of [...connection.sockets]) socket.disconnect(true);
  connection.conn.close();
}

/** One connection is told once, however many namespaces it has entered. */
function tell(connection: Connection, event: string, payload: object): void {
  const [oldest] = connection.sockets;
  oldest?.emit(event, payload);
}
