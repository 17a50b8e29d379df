import type { ClientToGame, GameToClient } from '../core/protocol/events';
import type { FinishReply } from '../core/protocol/rest';
import { Emitter } from './emitter';
import { closed, FleetClientError } from './errors';
import { Link, type LinkOptions } from './link';
import type { Match } from './lobby';
import { field, text, texts } from './shape';

export interface GameOptions extends Omit<LinkOptions, 'role' | 'greet' | 'onEvent'> {
  readonly playerId: string;
  readonly match: Match;
  readonly finish: (result: unknown) => Promise<FinishReply>;
}

/**
 * A player in a room on its game node (⑧). When the node is lost it is resumed, else `start` is called again: all members are given the
 * same node, the old one or a new one. `In` and `Out` are the events of the game that the node runs.
 */
export class Game<In extends GameToClient = GameToClient, Out extends ClientToGame = ClientToGame> {
  readonly match: Match;
  /** Resolves when the node has let us into the room. @throws FleetClientError */
  readonly joined: Promise<void>;
  /** Resolves when every member is there, the first time. @throws FleetClientError */
  readonly complete: Promise<void>;
  /** Resolves when the game is over: null after `finish()`, `leave()` or the game's own end; else the reason. Never rejects. */
  readonly ended: Promise<FleetClientError | null>;
  readonly #link: Link;
  readonly #emitter = new Emitter<In>();
  readonly #options: GameOptions;
  readonly #present = new Set<string>();
  #over: (error: FleetClientError | null) => void = () => {};
  #onJoined = (): void => {};
  #onComplete = (): void => {};

  constructor(options: GameOptions) {
    this.#options = options;
    this.match = options.match;
    this.#link = new Link({
      ...options,
      role: 'game',
      greet: (connection) => connection.emit('CONNECT', { room_id: this.match.roomId }),
      onEvent: (event, args) => this.#onEvent(event, args),
    });
    const over = new Promise<FleetClientError | null>((resolve) => {
      this.#over = resolve;
    });
    this.ended = Promise.race([over, this.#link.ended]);
    const end = this.ended.then((error) => {
      throw error ?? closed();
    });
    this.joined = Promise.race([
      new Promise<void>((resolve) => {
        this.#onJoined = resolve;
      }),
      end,
    ]);
    this.complete = Promise.race([
      new Promise<void>((resolve) => {
        this.#onComplete = resolve;
      }),
      end,
    ]);
    // Whoever does not wait for one of them shall not be hit by its rejection.
    for (const promise of [end, this.joined, this.complete]) promise.catch(() => {});
  }

  /** The members in the room now, as the node last said. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  /** Listens to an event of the node; returns what stops listening. */
  on<K extends keyof In>(event: K, listener: In[K]): () => void {
    return this.#emitter.on(event, listener);
  }

  /** Sends an event if connected just now; otherwise it is dropped, and the answer is false. */
  send<K extends keyof Out & string>(
    event: K,
    ...args: Out[K] extends (...args: infer A) => void ? A : never
  ): boolean {
    return this.#link.emit(event, ...args);
  }

  /** Ends this player's part (⑨) and leaves. `result` is any JSON. @throws FleetClientError */
  async finish(result?: unknown): Promise<FinishReply> {
    const reply = await this.#options.finish(result);
    this.#stop(null);
    return reply;
  }

  /** Leaves the node without finishing: the player stays a member of the room, and may come back with `joinGame`. */
  leave(): void {
    this.#stop(null);
  }

  #stop(error: FleetClientError | null): void {
    this.#over(error);
    this.#link.close();
  }

  #onEvent(event: string, args: readonly unknown[]): void {
    const [payload] = args;
    if (event === 'JOINED') this.#onMember(payload);
    if (event === 'LEFT') this.#present.delete(text(payload, 'player') ?? '');
    // The ticket was of an earlier generation of the room: it has been given another node meanwhile.
    if (event === 'ERROR' && text(payload, 'code') === 'WRONG_ROOM') {
      this.#link.restart(
        new FleetClientError('WRONG_ROOM', text(payload, 'message') ?? 'the node knows a later ticket'),
      );
    }
    this.#emitter.emit(event, args);
    if (event === 'ROOM_CLOSED') this.#onRoomClosed(text(payload, 'reason'));
  }

  #onMember(payload: unknown): void {
    if (text(payload, 'room_id') !== this.match.roomId) return;
    this.#present.clear();
    for (const player of texts(payload, 'present') ?? []) this.#present.add(player);
    if (this.#present.has(this.#options.playerId)) {
      this.#link.settle();
      this.#onJoined();
    }
    if (field(payload, 'complete') === true) this.#onComplete();
  }

  #onRoomClosed(reason: string | undefined): void {
    if (reason === 'moved')
      this.#link.restart(new FleetClientError('ROOM_CLOSED', 'the room has moved to another node'));
    else if (reason === 'ended') this.#stop(null);
    else if (reason === 'incomplete') {
      this.#stop(new FleetClientError('ROOM_INCOMPLETE', 'not every member came in time; enter the lobby again'));
    } else this.#stop(new FleetClientError('ROOM_CLOSED', 'the room is over on its node; enter the lobby again'));
  }
}
