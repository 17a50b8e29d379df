import type { Assigner } from '../api/backend';
import type { StatsReply } from '../core/protocol/agent';
import type { ClusterSnapshot } from '../core/snapshot';
import { ids, type Refusal, type RegistryAssigner } from './assigner';
import type { EventSink } from './events';
import { MemoryJoins } from './memory-joins';
import { MemoryPlacement } from './memory-placement';
import { RegistryHealth } from './registry-health';
import { SteadyAssigner } from './steady-assigner';
import type { ClusterView } from './view';

export interface OutageOptions {
  readonly lobby: string;
  /** Clusters besides the lobby that are joined without a room. */
  readonly others: readonly string[];
  /** Asks the registry whether it works. */
  readonly ask: () => Promise<unknown>;
  /** Whether another balancer assigns as well. */
  readonly paired: boolean;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** Told of each join that was refused. */
  readonly onRefused: (cluster: string, code: Refusal) => void;
  readonly events: EventSink;
}

/** Nodes of which the less loaded is taken: the other balancer draws as well, and others. */
const DRAWS = 2;

/** What keeps a balancer going while the registry does not answer: judges whether it does, and remembers what joins need. */
export class Outage {
  readonly health: RegistryHealth;
  readonly #options: OutageOptions;
  readonly #placements: ReadonlyMap<string, MemoryPlacement>;

  constructor(options: OutageOptions) {
    this.#options = options;
    const { lobby, others, ask, paired, ticketTtlMs, onRefused } = options;
    const shared = { ticketTtlMs, onRefused, now: Date.now, random: Math.random };
    const half = { share: paired ? 1 / 2 : 1, draws: DRAWS };
    this.#placements = new Map(
      [lobby, ...others].map((cluster) => [cluster, new MemoryPlacement({ ...shared, ...half, cluster })]),
    );
    this.health = new RegistryHealth({ ask, onChange: (problem) => this.#changed(problem) });
  }

  /** A node has answered a poll. */
  heard(cluster: string, reply: StatsReply): void {
    this.#placements.get(cluster)?.heard(reply);
  }

  /** The watch has judged a cluster anew. */
  seen(snapshot: ClusterSnapshot): void {
    this.#placements.get(snapshot.cluster)?.seen(snapshot);
  }

  /** Assigns by the registry while it answers. */
  assigner(registry: RegistryAssigner, view: Pick<ClusterView, 'node'>): Assigner {
    const { lobby, ticketTtlMs } = this.#options;
    const newId = ids();
    const joins = [...this.#placements].map(([cluster, placement]) => {
      const startOf = (nodeId: string) => view.node(cluster, nodeId)?.startId ?? null;
      const ticket = registry.ticket.bind(registry);
      return [cluster, new MemoryJoins({ placement, newId, ticket, ticketTtlMs, startOf, now: Date.now })] as const;
    });
    return new SteadyAssigner({ registry, health: this.health, lobby, joins: new Map(joins) });
  }

  stop(): void {
    this.health.stop();
  }

  #changed(problem: string | null): void {
    const { events } = this.#options;
    if (problem !== null) events.emit({ kind: 'registry-given-up', reason: `${problem}: joins go on from memory` });
    else if (this.health.turn > 0) events.emit({ kind: 'registry-relied-on', reason: 'it answers again' });
  }
}
