/** A repeatable source of numbers in [0, 1): mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Join {
  /** When the client asks for a node, in milliseconds from the start. */
  readonly atMs: number;
  /** How long after the answer it is connected, in milliseconds: name, TCP, handshake, upgrade. */
  readonly connectMs: number;
}

/** Joins spread at random over the time, in order; each connects 50 to 500 ms after its answer. The same seed gives the same joins. */
export function randomJoins(count: number, withinMs: number, seed: number): Join[] {
  const random = seededRandom(seed);
  const joins = Array.from({ length: count }, () => ({ atMs: random() * withinMs, connectMs: 50 + random() * 450 }));
  return joins.sort((left, right) => left.atMs - right.atMs);
}
