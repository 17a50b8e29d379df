import { seededRandom } from '../../runtime/core/random';

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
