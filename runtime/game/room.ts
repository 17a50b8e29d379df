import type { AgentLog } from '../agent';
import type { RoomReport } from '../core/protocol/agent';
import type { JoinedEvent, LeftEvent, RoomClosedEvent } from '../core/protocol/events';
import type { TicketRoom } from '../core/protocol/ticket';
import type { GamePlugin, PayloadError, RoomHandle, RoomLogic } from './plugin';

/** How a room reaches its players; a channel is everyone who is connected and in the room. */
export interface Outlet {
  subscribe(playerId: string, channel: string): void;
  unsubscribe(playerId: string, channel: string): void;
  /** To everyone in the channel. */
  broadcast(channel: string, event: string, payload: object): void;
  /** To one player, if connected. */
  send(playerId: string, event: string, payload: object): void;
}

export type CloseReason = RoomClosedEvent['reason'];

export interface RoomContext {
  readonly plugin: GamePlugin;
  readonly outlet: Outlet;
  readonly log: AgentLog | undefined;
  /** The room came to be, is complete, or has closed. */
  readonly onChange: (room: Room) => void;
}

/**
 * One room on this node. It forms until every expected member has joined once, and is complete from then on.
 * A member who loses the connection stays in the room until the session ends.
 */
export class Room {
  readonly id: string;
  readonly gen: number;
  readonly mode: string;
  /** When the room is closed unless it is complete, in milliseconds of the caller's clock. */
  readonly #deadlineMs: number;
  readonly #context: RoomContext;
  readonly #channel: string;
  readonly #logic: RoomLogic | undefined;
  readonly #joined = new Set<string>();
  readonly #present = new Set<string>();
  #expected: readonly string[];
  #status: RoomReport['status'] = 'forming';
  #reason: CloseReason | undefined;
  #tick = 0;

  constructor(room: TicketRoom, deadlineMs: number, context: RoomContext) {
    this.id = room.id;
    this.gen = room.gen;
    this.mode = room.mode;
    this.#deadlineMs = deadlineMs;
    this.#context = context;
    this.#expected = room.members;
    this.#channel = `${room.id}#${room.gen}`;
    this.#logic = this.#guard('create', () => context.plugin.create(this.#handle()));
    if (this.#status === 'forming') context.onChange(this);
  }

  get closed(): CloseReason | undefined {
    return this.#reason;
  }

  report(): RoomReport {
    const gone = this.#expected.filter((member) => this.#joined.has(member) && !this.#present.has(member));
    return {
      roomId: this.id,
      gen: this.gen,
      mode: this.mode,
      status: this.#status,
      members: [...this.#expected],
      ...(this.#reason === undefined ? gone.length > 0 && { gone } : { reason: this.#reason }),
    };
  }

  /** A member joins, or comes back. `expected` is what its ticket said: who has finished since is no longer waited for. */
  join(playerId: string, expected: readonly string[]): void {
    if (this.#reason !== undefined) return;
    const returning = this.#present.has(playerId);
    this.#expected = this.#expected.filter((member) => expected.includes(member));
    this.#joined.add(playerId);
    this.#present.add(playerId);
    const completed = this.#status === 'forming' && this.#expected.every((member) => this.#joined.has(member));
    if (completed) this.#status = 'complete';
    this.#context.outlet.subscribe(playerId, this.#channel);
    const event: JoinedEvent = {
      room_id: this.id,
      player: playerId,
      present: [...this.#present],
      complete: this.#status === 'complete',
    };
    if (returning) this.#context.outlet.send(playerId, 'JOINED', event);
    else this.#context.outlet.broadcast(this.#channel, 'JOINED', event);
    if (completed) this.#context.onChange(this);
    this.#guard('onJoin', () => this.#logic?.onJoin?.(playerId, returning));
  }

  /** The player is gone for good. */
  leave(playerId: string): void {
    if (this.#reason !== undefined || !this.#present.delete(playerId)) return;
    this.#context.outlet.unsubscribe(playerId, this.#channel);
    this.#context.outlet.broadcast(this.#channel, 'LEFT', { room_id: this.id, player: playerId } satisfies LeftEvent);
    this.#guard('onLeave', () => this.#logic?.onLeave?.(playerId));
    // Nobody is left to wait for the rest: those who come later are told at once that it will not be complete.
    if (this.#present.size === 0) this.close(this.#status === 'complete' ? 'empty' : 'incomplete');
  }

  /** Hands a message to the plug-in; what is wrong with it, or null. */
  message(playerId: string, event: string, payload: unknown): string | null {
    const { events } = this.#context.plugin;
    const schema = Object.hasOwn(events, event) ? events[event] : undefined;
    if (schema === undefined)
      return `this game knows no event of that name; it knows ${Object.keys(events).join(', ')}`;
    const parsed = this.#guard('events', () => schema.safeParse(payload));
    if (parsed?.success === false) return describe(parsed.error);
    if (parsed !== undefined) {
      this.#guard('onMessage', () => this.#logic?.onMessage?.(playerId, { event, payload: parsed.data }));
    }
    return null;
  }

  /** Once per tick. */
  tick(nowMs: number): void {
    if (this.#status === 'forming' && nowMs >= this.#deadlineMs) this.close('incomplete');
    if (this.#reason !== undefined) return;
    this.#tick += 1;
    const state = this.#guard('onTick', () => this.#logic?.onTick?.(this.#tick));
    if (state === undefined || state === null || this.#reason !== undefined) return;
    this.#context.outlet.broadcast(this.#channel, 'STATE', { ...state, room_id: this.id, tick: this.#tick });
  }

  close(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#status = 'closed';
    const { outlet, onChange } = this.#context;
    outlet.broadcast(this.#channel, 'ROOM_CLOSED', { room_id: this.id, reason } satisfies RoomClosedEvent);
    for (const player of this.#present) {
      outlet.unsubscribe(player, this.#channel);
      this.#guard('onLeave', () => this.#logic?.onLeave?.(player));
    }
    this.#present.clear();
    onChange(this);
  }

  #handle(): RoomHandle {
    const { outlet } = this.#context;
    return {
      id: this.id,
      mode: this.mode,
      members: this.#expected,
      send: (event, payload) => {
        if (this.#reason === undefined) outlet.broadcast(this.#channel, event, payload);
      },
      sendTo: (player, event, payload) => {
        if (this.#present.has(player)) outlet.send(player, event, payload);
      },
      end: () => this.close('ended'),
    };
  }

  /** Runs the plug-in's code: what it throws, or rejects with, ends this room only. */
  #guard<T>(what: string, call: () => T): T | undefined {
    try {
      const result = call();
      if (!(result instanceof Promise)) return result;
      result.catch((error: unknown) => this.#failed(what, error));
    } catch (error) {
      this.#failed(what, error);
    }
    return undefined;
  }

  #failed(what: string, error: unknown): void {
    this.#context.log?.error({ err: error, roomId: this.id, in: what }, 'the plug-in failed; its room is closed');
    this.close('ended');
  }
}

/** The first mistake, in a line. */
function describe(error: PayloadError): string {
  const [first] = error.issues ?? [];
  const text = first === undefined ? error.message : `${first.path.join('.') || 'payload'}: ${first.message}`;
  return text.slice(0, 200);
}
