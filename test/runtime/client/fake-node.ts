import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from 'node:net';
import { Server, type Socket } from 'socket.io';

export interface FakeNodeOptions {
  readonly nodeId: string;
  readonly graceMs: number;
  /** Every ping interval and its timeout, in milliseconds. */
  readonly pingMs: number;
  /** A player's connection is open, with a new session or a resumed one. */
  readonly onPlayer: (socket: Socket, playerId: string, ticket: FakeTicket) => void;
}

/** What the fake tickets say; as in the real ones, the middle part of a token. */
export interface FakeTicket {
  readonly sub: string;
  readonly aud: string;
  readonly jti: string;
  readonly room?: { readonly id: string; readonly gen: number; readonly mode: string; readonly members: string[] };
}

export function fakeToken(claims: FakeTicket): string {
  return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
}

function readToken(token: string): FakeTicket {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/**
 * A socket.io server that admits by ticket and resume token, behind a TCP proxy, so that it can break, hang and die just as a client
 * sees it from outside.
 */
export class FakeNode {
  readonly nodeId: string;
  readonly io: Server;
  /** Handshakes that came, `ticket` or `resume`, refused ones too. */
  readonly handshakes: string[] = [];
  /** TCP connections that came. */
  accepted = 0;
  /** Refuse every handshake from now on. */
  refuse = false;
  dead = false;
  readonly #used = new Set<string>();
  readonly #sessions = new Map<string, FakeTicket>();
  readonly #http = createHttpServer();
  readonly #proxy = createServer((socket) => this.#relay(socket));
  readonly #tcp = new Set<TcpSocket>();
  #frozen = false;

  constructor(options: FakeNodeOptions) {
    this.nodeId = options.nodeId;
    this.io = new Server(this.#http, {
      transports: ['websocket'],
      pingInterval: options.pingMs,
      pingTimeout: options.pingMs,
      allowRequest: (request, decide) => {
        const query = new URL(request.url ?? '', 'http://node').searchParams;
        decide(null, this.#admit(query) && !this.refuse);
      },
    });
    this.io.on('connection', (socket) => {
      const { resume, ticket } = socket.handshake.query;
      const claims = typeof resume === 'string' ? this.#sessions.get(resume) : readToken(String(ticket));
      if (claims === undefined) return;
      const token = randomUUID();
      this.#sessions.set(token, claims);
      socket.emit('SESSION', { resume_token: token, grace_ms: options.graceMs });
      options.onPlayer(socket, claims.sub, claims);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => this.#proxy.listen(0, '127.0.0.1', resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** Players connected now. */
  get connections(): number {
    return this.io.engine.clientsCount;
  }

  /** All connections break; new ones are welcome. */
  breakConnections(): void {
    for (const socket of this.#tcp) socket.destroy();
  }

  /** As SIGSTOP: connections open but nothing is answered any more. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#tcp) socket.pause();
  }

  /** As SIGKILL. */
  kill(): void {
    this.dead = true;
    this.#proxy.close();
    this.breakConnections();
  }

  async stop(): Promise<void> {
    this.#proxy.close();
    this.breakConnections();
    await this.io.close();
  }

  #admit(query: URLSearchParams): boolean {
    const resume = query.get('resume');
    this.handshakes.push(resume === null ? 'ticket' : 'resume');
    if (resume !== null) return this.#sessions.has(resume);
    const { aud, jti } = readToken(query.get('ticket') ?? '');
    if (aud !== this.nodeId || this.#used.has(jti)) return false;
    this.#used.add(jti);
    return true;
  }

  #relay(client: TcpSocket): void {
    this.accepted += 1;
    const server = connect((this.#http.address() as AddressInfo).port, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#tcp.add(one);
      one.on('data', (chunk) => other.write(chunk));
      one.on('error', () => {});
      one.on('close', () => {
        this.#tcp.delete(one);
        other.destroy();
      });
      if (this.#frozen) one.pause();
    }
  }
}
