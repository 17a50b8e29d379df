import type { Assigner } from '../../api/backend';
import type { StatsReply } from '../../core/protocol/agent';
import type { ClusterSnapshot } from '../../core/snapshot';
import type { RoomRegistry, SeatRegistry } from '../../registry/types';
import type { EventSink } from '../events';
import type { Pair, PairOptions } from '../pair/pair';
import type { ClusterView } from '../watch/view';
import { ids, type Refusal, type RegistryAssigner } from './assigner';
import { MemoryJoins } from './memory-joins';
import { MemoryPlacement } from './memory-placement';
import { MemoryRooms } from './memory-rooms';
import { agreeWith, joinQuestions } from './peer-joins';
import { roomPeer, roomQuestions } from './peer-rooms';
import { RegistryHealth } from './registry-health';
import { RoomDesk } from './room-desk';
import { SteadyAssigner } from './steady-assigner';

export interface OutageOptions {
  readonly lobby: string;
  readonly game: string;
  /** Clusters besides these that are joined without a room. */
  readonly others: readonly string[];
  /** Asks the registry whether it works. */
  readonly ask: () => Promise<unknown>;
  readonly rooms: Pick<RoomRegistry, 'start' | 'finish' | 'get' | 'restore'>;
  /** Whether another balancer assigns as well. */
  readonly paired: boolean;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** Told of each join that was refused. */
  readonly onRefused: (cluster: string, code: Refusal) => void;
  readonly events: EventSink;
}

/** What assigning without the registry takes from the pair. */
type AssigningPair = Pick<Pair, 'peer'> & { readonly ownership: Pick<Pair['ownership'], 'claims'> };

/** Nodes of which the less loaded gets a player: the other balancer draws as well, unseen. */
const JOIN_DRAWS = 2;

/** What keeps a balancer going while the registry does not answer: judges whether it does, and remembers what joins and rooms need. */
export class Outage {
  readonly health: RegistryHealth;
  readonly #options: OutageOptions;
  readonly #joined: ReadonlyMap<string, MemoryPlacement>;
  readonly #rooms: MemoryRooms;
  #desk: RoomDesk | null = null;
  #joins: ReadonlyMap<string, MemoryJoins> = new Map();

  constructor(options: OutageOptions) {
    this.#options = options;
    const { lobby, game, others, ask, paired, ticketTtlMs, onRefused } = options;
    const shared = { ticketTtlMs, onRefused, now: Date.now, random: Math.random };
    const half = { share: paired ? 1 / 2 : 1, draws: JOIN_DRAWS };
    this.#joined = new Map(
      [lobby, ...others].map((cluster) => [cluster, new MemoryPlacement({ ...shared, ...half, cluster })]),
    );
    // Rooms are placed by one balancer only, so that it knows every seat, and may take the best of all nodes.
    const whole = { share: 1, draws: Number.POSITIVE_INFINITY };
    const placement = new MemoryPlacement({ ...shared, ...whole, cluster: game });
    this.#rooms = new MemoryRooms({ placement, now: Date.now });
    this.health = new RegistryHealth({ ask, onChange: (problem) => this.#changed(problem) });
  }

  /** A node has answered a poll. */
  heard(cluster: string, reply: StatsReply): void {
    if (cluster === this.#options.game) this.#rooms.heard(reply);
    else this.#joined.get(cluster)?.heard(reply);
  }

  /** The watch has judged a cluster anew. */
  seen(snapshot: ClusterSnapshot): void {
    if (snapshot.cluster === this.#options.game) this.#rooms.seen(snapshot, this.health.answers);
    else this.#joined.get(snapshot.cluster)?.seen(snapshot);
  }

  /** The seats of the registry: who waits for one when the registry is given up is told at once. A batch at a time, as joins are many. */
  seats(seats: Pick<SeatRegistry, 'reserve'>): Pick<SeatRegistry, 'reserve'> {
    return { reserve: (requests, options) => this.health.whileAnswering(() => seats.reserve(requests, options)) };
  }

  /** The rooms of the registry; what it answers is remembered. */
  get rooms(): Pick<RoomRegistry, 'start' | 'finish' | 'get'> {
    const { rooms } = this.#options;
    return {
      start: async (request, options) => {
        const placed = await rooms.start(request, options);
        if (placed.ok) {
          const { roomId, mode, members } = request;
          const { nodeId, startId, gen, expected } = placed;
          this.#rooms.given({ roomId, mode, gen, nodeId, startId, members: [...members], playing: [...expected] });
        }
        return placed;
      },
      finish: (request) => rooms.finish(request),
      get: (roomId) => rooms.get(roomId),
    };
  }

  /** What the other balancer is told and may ask. */
  forPeer(peer: () => Pair['peer']): Pick<PairOptions, 'answers' | 'placing' | 'questions'> {
    const desk = () => {
      if (this.#desk === null) throw new Error('not ready yet');
      return this.#desk;
    };
    return {
      answers: () => this.health.answers,
      placing: () => this.#desk?.placing === true,
      questions: { ...roomQuestions(desk, () => peer()?.agreed()), ...joinQuestions(() => this.#joins) },
    };
  }

  /** Assigns by the registry while it answers. */
  assigner(registry: RegistryAssigner, view: Pick<ClusterView, 'node'>, pair: AssigningPair): Assigner {
    const { lobby, game, ticketTtlMs, rooms, events } = this.#options;
    const newId = ids();
    const shared = { newId, ticketTtlMs, ticket: registry.ticket.bind(registry), agree: agreeWith(pair.peer) };
    this.#joins = new Map(
      [...this.#joined].map(([cluster, placement]) => {
        const startOf = (nodeId: string) => view.node(cluster, nodeId)?.startId ?? null;
        return [cluster, new MemoryJoins({ ...shared, cluster, placement, startOf, now: Date.now })];
      }),
    );
    const desk = new RoomDesk({
      ...{ registry, rooms, health: this.health, memory: this.#rooms, newId, events },
      claim: () => pair.ownership.claims.find(({ cluster }) => cluster === game)?.epoch ?? 0,
      peer: pair.peer === null ? null : roomPeer(pair.peer, game),
    });
    this.#desk = desk;
    return new SteadyAssigner({ registry, health: this.health, lobby, joins: this.#joins, desk });
  }

  /** The registry has lost rooms: what both balancers remember is written. Rejects when that cannot be done now. */
  async recall(): Promise<void> {
    await this.#desk?.recall();
  }

  stop(): void {
    this.health.stop();
    this.#desk?.stop();
  }

  #changed(problem: string | null): void {
    const { events } = this.#options;
    if (problem !== null) events.emit({ kind: 'registry-given-up', reason: `${problem}: joins go on from memory` });
    else if (this.health.turn > 0) events.emit({ kind: 'registry-relied-on', reason: 'it answers again' });
    this.#desk?.look();
  }
}
