import type { ClientToGame, GameToClient } from '../core/protocol/events';
import { type Backoff, DEFAULT_BACKOFF } from './backoff';
import { CLOSED, closed } from './errors';
import { Game } from './game';
import type { LinkReport, LinkTiming } from './link';
import { Lobby, type Match } from './lobby';
import type { FleetApi } from './rest';
import { persist } from './retry';
import { socketIoWire } from './socket-io-wire';
import type { OpenWire } from './wire';

export type { ClientToGame, ClientToLobby, GameToClient, LobbyToClient } from '../core/protocol/events';
export type { Backoff } from './backoff';
export { FleetClientError } from './errors';
export type { Game } from './game';
export type { LinkReport } from './link';
export type { Lobby, LobbyEvents, Match } from './lobby';
export { directApi, type FleetApi, type HttpAnswer, type Post, readAssign, readFinish } from './rest';
export { socketIoWire } from './socket-io-wire';
export type { OpenWire, Wire, WireFailure, WireListener } from './wire';

export interface FleetClientOptions {
  readonly playerId: string;
  /** `directApi(url, key)` for callers that hold an API key, or functions that ask the game's own server. */
  readonly api: FleetApi;
  /**
   * How long an effort may take altogether, in milliseconds: an answer from the API, or coming (back) onto a node and being let in there,
   * however often a node sends the player away again. Given up, it ends with `DEADLINE`. @default 60_000
   */
  readonly deadlineMs?: number;
  /** Limit of one request to the API, in milliseconds. @default 5_000 */
  readonly requestTimeoutMs?: number;
  /** Limit of one connection try, in milliseconds. @default 5_000 */
  readonly connectTimeoutMs?: number;
  /** Pauses between tries. @default from 250 ms, doubling, up to 5_000 ms, jittered */
  readonly backoff?: Backoff;
  /** Hears of requests, connections, losses and moves. @default nobody */
  readonly observe?: (report: LinkReport) => void;
  /** What carries the connections to nodes. @default socket.io-client */
  readonly openWire?: OpenWire;
}

/**
 * One player's way through the fleet (① to ⑨). Runs in browsers and Node.
 *
 *     const client = new FleetClient({ playerId: 'alice', api: directApi('http://127.0.0.1:8080', 'local-dev-key') });
 *     const lobby = await client.joinLobby();
 *     const match = await lobby.enter('battle');
 *     const game = await client.joinGame(match);
 *     lobby.leave();
 *     await game.complete;
 *     game.on('STATE', ({ positions }) => draw(positions));
 *     game.send('POSITION', { x: 12.5, y: -3 });
 *     await game.finish({ score: 120 });
 *
 * Lost connections, dead nodes and moves are dealt with inside; what cannot be dealt with ends the lobby or the game, with a
 * `FleetClientError` in `ended`.
 */
export class FleetClient {
  readonly playerId: string;
  readonly #api: FleetApi;
  readonly #timing: LinkTiming & { readonly requestTimeoutMs: number };
  readonly #observe: (report: LinkReport) => void;
  readonly #abort = new AbortController();

  constructor(options: FleetClientOptions) {
    this.playerId = options.playerId;
    this.#api = options.api;
    this.#observe = options.observe ?? (() => {});
    this.#timing = {
      deadlineMs: options.deadlineMs ?? 60_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      openWire: options.openWire ?? socketIoWire,
    };
  }

  /** Asks for a lobby node and connects to it (① to ③). @throws FleetClientError */
  async joinLobby(): Promise<Lobby> {
    const { playerId } = this;
    const lobby = new Lobby({
      ...this.#timing,
      report: this.#observe,
      ask: (effort, signal) =>
        persist(
          (idempotencyKey, inner) => this.#api.askLobby({ playerId, idempotencyKey }, inner),
          { ...this.#timing, ...effort },
          signal,
        ),
    });
    this.#endWithClient(lobby);
    await lobby.ready;
    return lobby;
  }

  /** Starts the room, connects to its game node and joins it (⑥ to ⑧). @throws FleetClientError `ROOM_CLOSED`: back to the lobby */
  async joinGame<In extends GameToClient = GameToClient, Out extends ClientToGame = ClientToGame>(
    match: Match,
  ): Promise<Game<In, Out>> {
    const game = this.openGame<In, Out>(match);
    await game.joined;
    return game;
  }

  /** As `joinGame`, but without waiting for `joined`: for listeners that are to miss no event. @throws FleetClientError `CLOSED` */
  openGame<In extends GameToClient = GameToClient, Out extends ClientToGame = ClientToGame>(
    match: Match,
  ): Game<In, Out> {
    const ask = { playerId: this.playerId, roomId: match.roomId, matchToken: match.matchToken };
    const game = new Game<In, Out>({
      ...this.#timing,
      playerId: this.playerId,
      match,
      report: this.#observe,
      ask: (effort, signal) =>
        persist(
          (idempotencyKey, inner) => this.#api.askStart({ ...ask, idempotencyKey }, inner),
          { ...this.#timing, ...effort },
          signal,
        ),
      finish: (result) =>
        persist(
          (idempotencyKey, inner) => this.#api.askFinish({ ...ask, idempotencyKey, result }, inner),
          this.#timing,
          this.#abort.signal,
        ),
    });
    this.#endWithClient(game);
    return game;
  }

  /** Ends everything this client has open, and every request; leaves no timer. The client cannot be used again. */
  close(): void {
    this.#abort.abort(CLOSED);
  }

  #endWithClient(part: { leave(): void; readonly ended: Promise<unknown> }): void {
    const { signal } = this.#abort;
    if (signal.aborted) {
      part.leave();
      throw closed(signal.reason);
    }
    const leave = (): void => part.leave();
    signal.addEventListener('abort', leave, { once: true });
    void part.ended.then(() => signal.removeEventListener('abort', leave));
  }
}
