import {
  type FleetApi,
  FleetClient,
  FleetClientError,
  type Game,
  type LinkReport,
  type Lobby,
  type Match,
  type OpenWire,
} from '../client';
import { sleep } from '../client/backoff';
import { CLOSED } from '../client/errors';
import { field, text } from '../client/shape';
import { ticketGeneration } from './ticket';
import { Walk } from './walk';

/** Where a bee is on its way. */
export type Stage = 'lobby' | 'match' | 'start' | 'join' | 'play' | 'finish';

/**
 * What is timed. lobby: asking for a node and connecting (① to ③). match: from ENTER to ALL_CONNECTED (④⑤). start: the API's answer
 * (⑥⑦). join: connecting to the game node and being let into the room (⑧). finish: the API's answer (⑨).
 */
export type Step = 'lobby' | 'match' | 'start' | 'join' | 'finish';
export const STEPS: readonly Step[] = ['lobby', 'match', 'start', 'join', 'finish'];

export interface BeeOptions {
  readonly playerId: string;
  readonly api: FleetApi;
  /** What connections are made with. @default socket.io-client */
  readonly openWire?: OpenWire;
  readonly mode: string;
  readonly pool: string;
  /** When it was to come, in milliseconds of `performance.now()`; the time to its lobby node counts from then. @default now */
  readonly dueAtMs?: number;
  /** Time in the room with a connection, in milliseconds. */
  readonly playMs: number;
  /** It stays in the room until this is true, too; its patience does not count meanwhile. @default true */
  readonly mayLeave?: () => boolean;
  /** Positions per second; 0 for none. */
  readonly rate: number;
  /** The bee fails when it has not finished after this long, its play time not counted, in milliseconds. */
  readonly patienceMs: number;
  /** It stays in the lobby for up to this long (at random) after it has its game node, in milliseconds. */
  readonly lingerMs: number;
  /** Limit of one request and of one connection try, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number;
  readonly watch: BeeWatch;
}

/** What a bee tells while it plays. Times in milliseconds. */
export interface BeeWatch {
  link(report: LinkReport): void;
  stage(from: Stage | null, to: Stage | null): void;
  step(step: Step, tookMs: number): void;
  /** It has a room, with these members. */
  matched?(match: Match): void;
  /** The room is complete as this bee sees it, on this node; `gen` is the room's generation. */
  complete(room: SeenRoom): void;
  message(direction: 'sent' | 'received'): void;
  /** Its position came back from the node this long after it was due: the way there, the wait for the tick, the way back. */
  relayed?(tookMs: number): void;
}

export interface SeenRoom {
  readonly roomId: string;
  readonly size: number;
  readonly gen: number;
  readonly nodeId: string;
}

export type BeeOutcome =
  | { readonly kind: 'finished'; readonly roomId: string }
  /** `reason`: codes from the error down to its causes, and the stage. */
  | { readonly kind: 'failed'; readonly reason: string; readonly error: unknown }
  | { readonly kind: 'stopped' };

/** Errors after which a player goes back to the lobby. */
const AGAIN: ReadonlySet<string> = new Set(['ROOM_CLOSED', 'ROOM_INCOMPLETE']);

/** One player that goes once through ① to ⑨, as often as it takes until it has finished one game. */
export class Bee {
  readonly #options: BeeOptions;
  readonly #client: FleetClient;
  readonly #abort = new AbortController();
  #stage: Stage | null = null;
  #stopped = false;
  #dueAtMs: number | undefined;
  /** The game node's id and the room's generation, as the last ticket said. */
  #seat: { readonly nodeId: string; readonly gen: number } | null = null;
  /** Has a connection to the game node and was let into the room on it. */
  #inRoom = false;
  #onSeat = (): void => {};
  #patience: NodeJS.Timeout | undefined;

  constructor(options: BeeOptions) {
    this.#options = options;
    this.#dueAtMs = options.dueAtMs;
    this.#client = new FleetClient({
      playerId: options.playerId,
      api: options.api,
      ...(options.openWire && { openWire: options.openWire }),
      deadlineMs: options.patienceMs,
      ...(options.timeoutMs !== undefined && {
        requestTimeoutMs: options.timeoutMs,
        connectTimeoutMs: options.timeoutMs,
      }),
      observe: (report) => this.#onReport(report),
    });
  }

  get stage(): Stage | null {
    return this.#stage;
  }

  /** Ends it wherever it is; its outcome is `stopped`, unless it has finished just now. */
  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  /** Plays; call it once. Never rejects. */
  async play(): Promise<BeeOutcome> {
    const { patienceMs, playMs } = this.#options;
    this.#expectEndWithin(patienceMs + playMs);
    try {
      for (;;) {
        const roomId = await this.#round();
        if (roomId !== null) return { kind: 'finished', roomId };
        // Not all at once: the members of a room that broke up come back together.
        await sleep(100 + 400 * Math.random(), this.#abort.signal);
      }
    } catch (error) {
      if (this.#stopped) return { kind: 'stopped' };
      return { kind: 'failed', reason: `${codes(error, this.#abort.signal)} (${this.#stage})`, error };
    } finally {
      clearTimeout(this.#patience);
      this.#close();
      this.#enterStage(null);
    }
  }

  #expectEndWithin(ms: number): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#close(), ms);
  }

  #close(): void {
    this.#abort.abort(CLOSED);
    this.#client.close();
  }

  /** The room that was finished; null when the room broke up and the player is to try again. */
  async #round(): Promise<string | null> {
    const { watch, lingerMs } = this.#options;
    this.#enterStage('lobby');
    const dueAtMs = this.#dueAtMs ?? performance.now();
    this.#dueAtMs = undefined;
    const lobby = await this.#timed('lobby', () => this.#client.joinLobby(), dueAtMs);
    let linger: ReturnType<typeof setTimeout> | undefined;
    try {
      this.#enterStage('match');
      const match = await this.#timed('match', () => this.#match(lobby));
      watch.matched?.(match);
      this.#enterStage('start');
      const startedAtMs = performance.now();
      let seatedAtMs = startedAtMs;
      this.#onSeat = () => {
        this.#onSeat = () => {};
        seatedAtMs = performance.now();
        watch.step('start', seatedAtMs - startedAtMs);
        this.#enterStage('join');
        linger = setTimeout(() => lobby.leave(), lingerMs * Math.random());
      };
      const game = this.#client.openGame(match);
      this.#listen(game);
      await game.joined;
      watch.step('join', performance.now() - seatedAtMs);
      await game.complete;
      this.#enterStage('play');
      await this.#playIn(game);
      this.#enterStage('finish');
      await this.#timed('finish', () => game.finish({ played_ms: this.#options.playMs }));
      return match.roomId;
    } catch (error) {
      if (error instanceof FleetClientError && AGAIN.has(error.code) && !this.#abort.signal.aborted) return null;
      throw error;
    } finally {
      clearTimeout(linger);
      lobby.leave();
    }
  }

  async #match(lobby: Lobby) {
    for (;;) {
      try {
        return await lobby.enter(this.#options.mode, { pool: this.#options.pool });
      } catch (error) {
        if (!(error instanceof FleetClientError) || error.code !== 'MATCH_TIMEOUT') throw error;
      }
    }
  }

  #listen(game: Game): void {
    const { watch, playerId } = this.#options;
    game.on('JOINED', ({ room_id, player, complete }) => {
      if (player === playerId) this.#inRoom = true;
      if (complete && this.#seat !== null) {
        watch.complete({ roomId: room_id, size: game.match.members.length, ...this.#seat });
      }
    });
    game.on('STATE', () => watch.message('received'));
  }

  /** Plays until the time in the room is over, or the game itself ends it. @throws FleetClientError when the room broke up */
  async #playIn(game: Game): Promise<void> {
    const over = new AbortController();
    void game.ended.then(() => over.abort(CLOSED));
    const { playMs, rate, mayLeave, patienceMs, watch, playerId } = this.#options;
    const walk = new Walk({
      ...{ playMs, rate, mayLeave: mayLeave ?? (() => true) },
      present: () => this.#inRoom,
      send: (x, y) => {
        const sent = game.send('POSITION', { x, y });
        if (sent) watch.message('sent');
        return sent;
      },
      onStay: () => clearTimeout(this.#patience),
      onReturn: (tookMs) => watch.relayed?.(tookMs),
    });
    game.on('STATE', ({ positions }) => walk.returned(field(field(positions, playerId), 'x')));
    try {
      await walk.run(over.signal);
    } catch (error) {
      const end = await game.ended;
      if (end !== null) throw end;
      if (this.#abort.signal.aborted) throw error;
    } finally {
      this.#expectEndWithin(patienceMs + playMs);
    }
  }

  #onReport(report: LinkReport): void {
    if (report.role === 'game') {
      if (report.kind === 'asked') {
        this.#seat = { nodeId: report.nodeId, gen: ticketGeneration(report.answer.ticket) };
        this.#onSeat();
      } else this.#inRoom = false;
    }
    this.#options.watch.link(report);
  }

  async #timed<T>(step: Step, run: () => Promise<T>, startedAtMs = performance.now()): Promise<T> {
    const result = await run();
    this.#options.watch.step(step, performance.now() - startedAtMs);
    return result;
  }

  #enterStage(stage: Stage | null): void {
    if (stage === this.#stage) return;
    this.#options.watch.stage(this.#stage, stage);
    this.#stage = stage;
  }
}

/** An error and its causes in short, e.g. `DEADLINE/UNREACHABLE/EMFILE`. */
function codes(error: unknown, signal: AbortSignal): string {
  // Its own patience ran out: it has closed everything itself.
  if (signal.aborted) return 'DEADLINE';
  const found: string[] = [];
  for (let at = error, depth = 0; at !== undefined && depth < 5; at = field(at, 'cause'), depth++) {
    const code = text(at, 'code');
    if (code !== undefined) found.push(code);
  }
  return found.length > 0 ? [...new Set(found)].join('/') : String(error);
}
