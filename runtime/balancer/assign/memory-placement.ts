import { FleetError } from '../../core/errors';
import { PrivateSeats, type SeatNews } from '../../core/private-seats';
import type { ClusterSnapshot } from '../../core/snapshot';
import { chooseNode, type OpenNode } from '../../core/spread';
import { SEAT_GRACE_MS } from '../../registry';
import type { Refusal } from './assigner';

export interface MemoryPlacementOptions {
  readonly cluster: string;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** See `SpreadOptions`. */
  readonly share: number;
  readonly draws: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told of each join that was refused. */
  readonly onRefused: (cluster: string, code: Refusal) => void;
}

/** One start of a node, and where it is reached. */
export interface NodeAddress {
  readonly nodeId: string;
  readonly startId: string;
  readonly endpoint: string;
}

export interface MemoryPlace extends NodeAddress {
  readonly ticketExpiresAtMs: number;
}

type Joinable = NodeAddress & Pick<OpenNode, 'capacity' | 'weight' | 'held'>;

/** Places players of one cluster without the registry: by what this balancer's own polls say, and what it reserved itself. */
export class MemoryPlacement {
  readonly #options: MemoryPlacementOptions;
  readonly #seats = new PrivateSeats();
  /** Rule S7: green or held, and open. */
  #joinable: readonly Joinable[] = [];

  constructor(options: MemoryPlacementOptions) {
    this.#options = options;
  }

  /** A node of the cluster has answered a poll. */
  heard(news: SeatNews): void {
    this.#seats.heard(news, this.#options.now());
  }

  /** The watch has judged the nodes anew. */
  seen({ nodes }: ClusterSnapshot): void {
    this.#seats.keep(new Set(nodes.map(({ nodeId }) => nodeId)));
    this.#joinable = nodes.flatMap(({ nodeId, startId, endpoint, health, phase, capacity, weight }) => {
      if (startId === null || phase !== 'open' || (health !== 'green' && health !== 'held')) return [];
      return [{ nodeId, startId, endpoint, capacity, weight, held: health === 'held' }];
    });
  }

  /** Whether this start of the node takes joins. */
  joinable(nodeId: string, startId: string): boolean {
    return this.#joinable.some((node) => node.nodeId === nodeId && node.startId === startId);
  }

  /** Reserves a seat for each id, all on one node. @throws FleetError FULL, BUSY or NO_NODES */
  place(rids: readonly string[]): MemoryPlace {
    const { cluster, share, draws, random, onRefused } = this.#options;
    const nodes = this.#joinable.flatMap((node) => {
      const seats = this.#seats.of(node.nodeId, node.startId);
      return seats === null ? [] : [{ ...node, ...seats }];
    });
    const chosen = chooseNode(nodes, { seats: rids.length, share, draws, random });
    if (!chosen.ok) {
      onRefused(cluster, chosen.code);
      throw new FleetError(chosen.code);
    }
    return this.hold(rids, chosen.node);
  }

  /** Reserves seats on this node, whatever its window says: they were promised before. */
  hold(rids: readonly string[], { nodeId, startId, endpoint }: NodeAddress): MemoryPlace {
    const ticketExpiresAtMs = this.#options.now() + this.#options.ticketTtlMs;
    for (const rid of rids) this.#seats.hold(rid, nodeId, startId, ticketExpiresAtMs + SEAT_GRACE_MS);
    return { nodeId, startId, endpoint, ticketExpiresAtMs };
  }
}
