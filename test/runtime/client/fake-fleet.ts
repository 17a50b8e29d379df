import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'socket.io';
import { FakeNode, fakeToken } from './fake-node';

export interface FakeRequest {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: { playerId?: string; matchToken?: string; result?: unknown };
}

/** What the API is to do with a request instead of answering it: `lost`: do it, but the answer never arrives. */
type Mishap =
  | 'lost'
  | 'unanswered'
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };

interface Room {
  readonly members: string[];
  readonly mode: string;
  node: FakeNode | null;
  gen: number;
  closed: boolean;
  readonly joined: Set<string>;
  readonly finished: Set<string>;
}

interface Options {
  readonly lobby?: number;
  readonly game?: number;
  readonly roomSize?: number;
  readonly graceMs?: number;
  readonly pingMs?: number;
}

/** A whole cluster in this process, as simple as can be, that misbehaves on demand. */
export class FakeFleet {
  readonly lobbies: FakeNode[];
  readonly games: FakeNode[];
  readonly requests: FakeRequest[] = [];
  readonly rooms = new Map<string, Room>();
  /** Events that players sent to lobby nodes. */
  readonly lobbyEvents: { nodeId: string; playerId: string; event: string; payload: unknown }[] = [];
  /** Asked for each request; undefined: answer as it should be. */
  mishap: (request: FakeRequest) => Mishap | undefined = () => undefined;
  /** Game nodes answer CONNECT with WRONG_ROOM this many times. */
  wrongRooms = 0;
  /** Whether players who wait are matched. */
  matching = true;
  readonly #answers = new Map<string, unknown>();
  #queue: { playerId: string; mode: string; pool: string; socket: Socket }[] = [];
  readonly #matched = new Map<string, string>();
  readonly #roomSize: number;
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  readonly #turns = new Map<unknown, number>();

  constructor(options: Options = {}) {
    this.#roomSize = options.roomSize ?? 4;
    const base = { graceMs: options.graceMs ?? 1_000, pingMs: options.pingMs ?? 5_000 };
    this.lobbies = Array.from(
      { length: options.lobby ?? 1 },
      (_, index) =>
        new FakeNode({
          ...base,
          nodeId: `lobby-${index}`,
          onPlayer: (socket, id) => this.#onLobby(socket, id, `lobby-${index}`),
        }),
    );
    this.games = Array.from(
      { length: options.game ?? 1 },
      (_, index) =>
        new FakeNode({
          ...base,
          nodeId: `game-${index}`,
          onPlayer: (socket, id, ticket) => this.#onGame(socket, id, ticket.room),
        }),
    );
  }

  static async start(options: Options = {}): Promise<FakeFleet> {
    const fleet = new FakeFleet(options);
    await Promise.all([...fleet.lobbies, ...fleet.games].map((node) => node.listen()));
    await new Promise<void>((resolve) => fleet.#http.listen(0, '127.0.0.1', resolve));
    return fleet;
  }

  get api(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  requestsTo(end: string): FakeRequest[] {
    return this.requests.filter(({ path }) => path.endsWith(end));
  }

  async stop(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await Promise.all([...this.lobbies, ...this.games].map((node) => node.stop()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let raw = '';
    for await (const chunk of request) raw += chunk;
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const path = request.url ?? '';
    if (path === '/healthz') return send(200, {});
    const key = request.headers['idempotency-key'];
    const seen: FakeRequest = { path, key: typeof key === 'string' ? key : undefined, body: JSON.parse(raw) };
    this.requests.push(seen);
    const mishap = this.mishap(seen);
    if (mishap === 'unanswered') return;
    if (typeof mishap === 'object') return send(mishap.status, mishap.body ?? '', mishap.headers);
    if (request.headers.authorization !== 'Bearer key')
      return send(401, { error: { code: 'UNAUTHORIZED', message: 'key?' } });
    const repeated = `${path} ${seen.key}`;
    const answer = this.#answers.get(repeated) ?? this.#answer(seen);
    if (typeof answer !== 'number') this.#answers.set(repeated, answer);
    if (mishap === 'lost') response.destroy();
    else if (answer === 503) send(503, { error: { code: 'BUSY', message: 'wait', retryAfterMs: 20 } });
    else if (answer === 410) send(410, { error: { code: 'ROOM_CLOSED', message: 'over' } });
    else send(200, answer);
  }

  #answer({ path, body }: FakeRequest): unknown {
    if (path === '/v1/lobby') return this.#seat(this.#pick(this.lobbies), body.playerId ?? '');
    const [, roomId = '', step] = /^\/v1\/rooms\/([^/]+)\/(start|finish)$/.exec(path) ?? [];
    const room = this.rooms.get(roomId);
    const playerId = body.matchToken?.split('/')[1] ?? '';
    if (room === undefined || room.closed) return 410;
    if (step === 'finish') {
      room.finished.add(playerId);
      this.#matched.delete(playerId);
      return { status: room.finished.size === room.members.length ? 'ended' : 'finished' };
    }
    if (room.finished.has(playerId)) return 410;
    if (room.node === null || room.node.dead) {
      room.node = this.#pick(this.games);
      room.gen += 1;
      room.joined.clear();
    }
    const members = room.members.filter((member) => !room.finished.has(member));
    return this.#seat(room.node, playerId, { id: roomId, gen: room.gen, mode: room.mode, members });
  }

  #pick(nodes: readonly FakeNode[]): FakeNode {
    const turn = this.#turns.get(nodes) ?? 0;
    this.#turns.set(nodes, turn + 1);
    const alive = nodes.filter((node) => !node.dead);
    const node = alive[turn % alive.length];
    if (node === undefined) throw new Error('no node is left');
    return node;
  }

  #seat(node: FakeNode, sub: string, room?: { id: string; gen: number; mode: string; members: string[] }): object {
    const { nodeId, endpoint } = node;
    const now = Math.floor(Date.now() / 1_000);
    const claims = { jti: randomUUID(), rid: randomUUID(), sub, aud: nodeId, st: 's1', iat: now, exp: now + 15 };
    const ticket = fakeToken(room === undefined ? claims : { ...claims, room });
    return { nodeId, endpoint, ticket, expiresAt: new Date((now + 15) * 1_000).toISOString() };
  }

  #onLobby(socket: Socket, playerId: string, nodeId: string): void {
    const note = (event: string, payload: unknown): void =>
      void this.lobbyEvents.push({ nodeId, playerId, event, payload });
    const leave = (): void => {
      this.#queue = this.#queue.filter((waiting) => waiting.socket !== socket);
    };
    socket.on('ENTER', (payload: { mode: string; pool?: string }) => {
      note('ENTER', payload);
      this.#queue = this.#queue.filter((waiting) => waiting.playerId !== playerId);
      const roomId = this.#matched.get(playerId);
      if (roomId !== undefined && this.rooms.get(roomId)?.closed === false) return this.#tell(socket, playerId, roomId);
      this.#queue.push({ playerId, mode: payload.mode, pool: payload.pool ?? 'default', socket });
      this.#match();
    });
    socket.on('LEAVE', (payload: unknown) => {
      note('LEAVE', payload);
      leave();
    });
    socket.on('disconnect', leave);
  }

  #match(): void {
    if (!this.matching) return;
    for (const { mode, pool } of [...this.#queue]) {
      const alike = this.#queue
        .filter((waiting) => waiting.mode === mode && waiting.pool === pool)
        .slice(0, this.#roomSize);
      if (alike.length < this.#roomSize) continue;
      this.#queue = this.#queue.filter((waiting) => !alike.includes(waiting));
      const roomId = `r-${this.rooms.size}`;
      const members = alike.map(({ playerId }) => playerId);
      this.rooms.set(roomId, {
        members,
        mode,
        node: null,
        gen: 0,
        closed: false,
        joined: new Set(),
        finished: new Set(),
      });
      for (const { playerId, socket } of alike) {
        this.#matched.set(playerId, roomId);
        this.#tell(socket, playerId, roomId);
      }
    }
  }

  #tell(socket: Socket, playerId: string, roomId: string): void {
    const members = this.rooms.get(roomId)?.members;
    socket.emit('ALL_CONNECTED', { room_id: roomId, match_token: `${roomId}/${playerId}`, members }, () =>
      this.lobbyEvents.push({ nodeId: '', playerId, event: 'ack', payload: roomId }),
    );
  }

  #onGame(socket: Socket, playerId: string, ticket: { id: string; members: string[] } | undefined): void {
    const room = this.rooms.get(ticket?.id ?? '');
    if (room === undefined || ticket === undefined) return;
    const all = this.games.map(({ io }) => io.to(ticket.id));
    socket.on('CONNECT', () => {
      if (this.wrongRooms-- > 0) {
        socket.emit('ERROR', { code: 'WRONG_ROOM', message: 'it is at generation 2' });
        return;
      }
      void socket.join(ticket.id);
      room.joined.add(playerId);
      const complete = ticket.members.every((member) => room.joined.has(member));
      for (const io of all)
        io.emit('JOINED', { room_id: ticket.id, player: playerId, present: [...room.joined], complete });
    });
    socket.on('POSITION', (position: unknown) => {
      for (const io of all) io.emit('STATE', { room_id: ticket.id, tick: 1, positions: { [playerId]: position } });
    });
  }
}
