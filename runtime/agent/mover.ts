/** Someone who can be asked to go to another node. */
export interface Movable {
  readonly playerId: string;
  /** `afterMs`: within this time, in milliseconds. Does nothing when the player is gone. */
  ask(afterMs: number): void;
}

/**
 * Asks players to move, one after the other, one in each slot of the given time at a random moment of the slot: the other nodes
 * must not get them all at once. A new order replaces the one under way.
 */
export class Mover {
  readonly #canMove: (playerId: string) => boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(canMove: (playerId: string) => boolean) {
    this.#canMove = canMove;
  }

  /** Asks `count` of the candidates at most, spread over `withinMs`. */
  start(candidates: readonly Movable[], count: number, withinMs: number): void {
    this.stop();
    const slotMs = withinMs / count;
    this.#schedule(shuffled(candidates), count, slotMs, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** `untilSlotMs`: time until the slot begins, in milliseconds. */
  #schedule(queue: Movable[], left: number, slotMs: number, untilSlotMs: number): void {
    if (left === 0) return;
    const withinSlotMs = Math.random() * slotMs;
    this.#timer = setTimeout(() => {
      let next = queue.pop();
      // Asked only now: a player may have gone into a room since the order came.
      while (next !== undefined && !this.#canMove(next.playerId)) next = queue.pop();
      if (next === undefined) return;
      next.ask(Math.round(slotMs));
      this.#schedule(queue, left - 1, slotMs, slotMs - withinSlotMs);
    }, untilSlotMs + withinSlotMs).unref();
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    const [a, b] = [result[i], result[j]];
    if (a !== undefined && b !== undefined) [result[i], result[j]] = [b, a];
  }
  return result;
}
