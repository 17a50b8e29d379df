/** A node that takes joins. */
export interface Joinable {
  readonly nodeId: string;
  /** Sessions and reservations. */
  readonly load: number;
  /** In players. */
  readonly capacity: number;
  /** It is to be replaced soon. @default false */
  readonly outgoing?: boolean;
}

/**
 * The nodes that are not needed now: last choice for joins, so that they empty by themselves, and can leave without anybody having to
 * wait for their last players. The others, those with the most players, hold everybody when they are filled to `fill` of what they
 * can hold; at least `minimum` nodes. Those that are to be replaced are needed only when the rest is not enough. All nodes of a small
 * fleet are thus needed, and joins are spread evenly over those that are.
 */
export function spareNodes<N extends Joinable>(nodes: readonly N[], fill: number, minimum: number): N[] {
  const everybody = nodes.reduce((sum, { load }) => sum + load, 0);
  const last = ({ outgoing = false }: N): number => (outgoing ? 1 : 0);
  const fullest = [...nodes].sort((a, b) => last(a) - last(b) || b.load - a.load || (a.nodeId < b.nodeId ? -1 : 1));
  let room = 0;
  let needed = 0;
  for (const { capacity } of fullest) {
    if (needed >= minimum && room * fill >= everybody) break;
    room += capacity;
    needed += 1;
  }
  return fullest.slice(needed);
}
