/**
 * How your own game logic plugs in. A plug-in is a module that says which events clients may send, and makes the logic of each room:
 *
 *     // my-game.js: start the game program with GAME_PLUGIN=./my-game.js
 *     const { z } = require('zod');
 *
 *     module.exports = {
 *       events: { GUESS: z.strictObject({ number: z.int().min(1).max(100) }) },
 *
 *       create(room) {
 *         const secret = 1 + Math.floor(Math.random() * 100);
 *         const guesses = new Map();
 *         return {
 *           onJoin(player) {
 *             room.sendTo(player, 'HELLO', { players: room.members.length });
 *           },
 *           onMessage(player, { payload }) {
 *             guesses.set(player, payload.number);
 *             if (payload.number !== secret) return;
 *             room.send('WON', { player, secret });
 *             room.end();
 *           },
 *           onTick() {
 *             if (guesses.size === 0) return undefined; // nothing new: no STATE
 *             const latest = Object.fromEntries(guesses);
 *             guesses.clear();
 *             return { guesses: latest }; // STATE { room_id, tick, guesses }
 *           },
 *           onLeave(player) {
 *             guesses.delete(player);
 *           },
 *         };
 *       },
 *     };
 *
 * In TypeScript, let `create` return `RoomLogic<PluginMessage<typeof events>>`, so that `payload` is typed (`plugins/positions.ts`), and pass
 * the plug-in to `createGameServer({ plugin })` or name the compiled module in GAME_PLUGIN; a deploy bundles it (`clusters.game.plugin`). A plug-in that throws, or returns a promise that
 * rejects, ends its room (`ROOM_CLOSED ended`) and no other; errors in its own timers it has to catch itself.
 */
export interface GamePlugin {
  /** What clients may send besides CONNECT: name → schema of the payload. Anything else is answered with ERROR BAD_PAYLOAD. */
  readonly events: PluginEvents;
  /** Called when the first member joins. */
  create(room: RoomHandle): RoomLogic;
}

/** Schemas of zod fit, of any version, and anything else with this method. */
export interface PayloadSchema<T = unknown> {
  safeParse(input: unknown): { success: true; data: T } | { success: false; error: PayloadError };
}

export interface PayloadError {
  readonly message: string;
  readonly issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

type PluginEvents = Readonly<Record<string, PayloadSchema>>;

/** A valid message to a plug-in with these events: `event` tells which payload it is. */
export type PluginMessage<E = PluginEvents> = {
  [K in keyof E & string]: { readonly event: K; readonly payload: E[K] extends PayloadSchema<infer T> ? T : never };
}[keyof E & string];

/** The logic of one room. Every method is called in one turn of the event loop: keep them short. */
export interface RoomLogic<M = PluginMessage> {
  /** A member joined, after JOINED was sent; `returning` when it had lost the connection and is back, or has reloaded. */
  onJoin?(player: string, returning: boolean): void;
  onMessage?(player: string, message: M): void;
  /** Every tick. What it returns goes to all as STATE, with `room_id` and `tick` added; undefined: nothing is sent. */
  onTick?(tick: number): object | undefined;
  /** The player left for good, or the room closed with the player in it. */
  onLeave?(player: string): void;
}

/** The room, as its logic sees it. Sending does nothing once the room is closed. */
export interface RoomHandle {
  readonly id: string;
  readonly mode: string;
  /** Members expected when the room was made here. */
  readonly members: readonly string[];
  /** To everyone who is connected. */
  send(event: string, payload: object): void;
  /** To one player, if connected. */
  sendTo(player: string, event: string, payload: object): void;
  /** Ends the room: everyone gets ROOM_CLOSED `ended`. */
  end(): void;
}
