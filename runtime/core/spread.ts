/** A node that takes joins, as this balancer alone knows it. */
export interface OpenNode {
  readonly nodeId: string;
  readonly capacity: number;
  /** Above 0. */
  readonly weight: number;
  /** Most reservations of ours at once. */
  readonly window: number;
  readonly sessions: number;
  /** Reservations that we made and that have not arrived. */
  readonly reserved: number;
  /** Last choice: silent together with most others (S8). */
  readonly held: boolean;
}

export interface SpreadOptions {
  /** Seats wanted, all on one node. */
  readonly seats: number;
  /** The share of a node's free seats that may be ours, above 0, at most 1: others give seats as well, unseen. */
  readonly share: number;
  /** Nodes drawn, the best of which is taken; as many as there are, or more: the best of all. */
  readonly draws: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export type SpreadResult<N> =
  | { readonly ok: true; readonly node: N }
  /** As the registry's placement refuses. */
  | { readonly ok: false; readonly code: 'FULL' | 'BUSY' | 'NO_NODES' };

/**
 * Chooses a node by private knowledge. The least loaded of all would be the same for everybody who knows as little as we do, and be
 * flooded; the less loaded of two that are drawn by weight spreads almost as well, and everybody's draws differ.
 * Green nodes first, then held ones; none over its window or over our share of its seats.
 */
export function chooseNode<N extends OpenNode>(nodes: readonly N[], options: SpreadOptions): SpreadResult<N> {
  if (nodes.length === 0) return { ok: false, code: 'NO_NODES' };
  const withRoom = nodes.filter((node) => hasRoom(node, options));
  if (withRoom.length === 0) return { ok: false, code: 'FULL' };
  const fit = withRoom.filter(({ reserved, window }) => reserved === 0 || reserved + options.seats <= window);
  const green = fit.filter(({ held }) => !held);
  const node = best(draw(green.length > 0 ? green : fit, options));
  return node === undefined ? { ok: false, code: 'BUSY' } : { ok: true, node };
}

function hasRoom({ capacity, sessions, reserved }: OpenNode, { seats, share }: SpreadOptions): boolean {
  return reserved + seats <= Math.ceil((capacity - sessions) * share);
}

/** Different nodes, each drawn by its weight among those that are left. */
function draw<N extends OpenNode>(nodes: readonly N[], { draws, random }: SpreadOptions): readonly N[] {
  if (nodes.length <= draws) return nodes;
  const left = [...nodes];
  const drawn: N[] = [];
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  while (drawn.length < draws) {
    let point = random() * total;
    const found = left.findIndex(({ weight }) => {
      point -= weight;
      return point < 0;
    });
    // Sums of fractions: the point may lie a little beyond the last.
    const [node] = left.splice(found === -1 ? left.length - 1 : found, 1);
    if (node === undefined) break;
    drawn.push(node);
    total -= node.weight;
  }
  return drawn;
}

function best<N extends OpenNode>(nodes: readonly N[]): N | undefined {
  let found: N | undefined;
  for (const node of nodes) if (found === undefined || loadOf(node) < loadOf(found)) found = node;
  return found;
}

function loadOf({ sessions, reserved, weight }: OpenNode): number {
  return (sessions + reserved) / weight;
}
