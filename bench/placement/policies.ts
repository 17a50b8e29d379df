import { FIRST_WINDOW, stepWindow } from '../../runtime/core/window';
import type { RedisSeats } from '../../runtime/registry/seats';
import type { NodeUpdate, ReserveOptions } from '../../runtime/registry/types';

/** What a poll found on each node, by the node's index. */
export interface Poll {
  readonly connections: readonly number[];
  /** Joins, by their number, that connected since the last poll. */
  readonly arrived: readonly (readonly number[])[];
}

/** A way to choose nodes. It learns of the nodes by polls only, and never of the future. */
export interface Policy {
  readonly name: string;
  poll(poll: Poll): Promise<void>;
  /** A node's index for each join that asks in this turn; null: ask again later. */
  assign(joins: readonly number[]): Promise<(number | null)[]>;
}

/** This project: the very script that production runs, on a real Redis, with windows that grow and shrink as in production. */
export class OurPlacement implements Policy {
  readonly name = 'realtime-fleet';
  readonly #seats: RedisSeats;
  readonly #capacity: number;
  readonly #options: ReserveOptions = { ticketTtlMs: 60_000, exclude: [], policy: 'spread' };
  #windows: number[] = [];

  constructor(seats: RedisSeats, capacity: number) {
    this.#seats = seats;
    this.#capacity = capacity;
  }

  async poll({ connections, arrived }: Poll): Promise<void> {
    this.#windows = arrived.map(({ length: arrivals }, node) =>
      stepWindow(this.#windows[node] ?? FIRST_WINDOW, { arrivals, expired: 0, capacity: this.#capacity }),
    );
    const nodes = connections.map((sessions, node) => this.#update(node, sessions, arrived[node] ?? []));
    await this.#seats.refresh({ epoch: 0, nodes });
  }

  async assign(joins: readonly number[]): Promise<(number | null)[]> {
    const results = await this.#seats.reserve(
      joins.map((join) => ({ rids: [String(join)] })),
      this.#options,
    );
    return results.map((result) => (result.ok ? Number(result.nodeId) : null));
  }

  #update(node: number, sessions: number, arrived: readonly number[]): NodeUpdate {
    return {
      nodeId: String(node),
      startId: '1',
      endpoint: 'http://127.0.0.1:1',
      zone: 'a',
      version: '1',
      sessions,
      connections: sessions,
      capacity: this.#capacity,
      weight: this.#capacity,
      window: this.#windows[node] ?? FIRST_WINDOW,
      standing: 'green',
      arrivals: arrived.map(String),
    };
  }
}

/** Chooses from the connections as of the last poll, and remembers nothing of what it gave since. */
class FromLastPoll implements Policy {
  readonly name: string;
  readonly #choose: (connections: readonly number[]) => number;
  #connections: readonly number[] = [];

  constructor(name: string, choose: (connections: readonly number[]) => number) {
    this.name = name;
    this.#choose = choose;
  }

  async poll({ connections }: Poll): Promise<void> {
    this.#connections = connections;
  }

  async assign(joins: readonly number[]): Promise<number[]> {
    return joins.map(() => this.#choose(this.#connections));
  }
}

/** The original of 2015: the head of the sorted set that the last poll wrote. */
export function leastAtLastPoll(): Policy {
  return new FromLastPoll('original (least at last poll)', (counts) => counts.indexOf(Math.min(...counts)));
}

export function randomNode(random: () => number): Policy {
  return new FromLastPoll('random', (counts) => Math.floor(random() * counts.length));
}

/** The lesser of two nodes drawn at random (the power of two choices), on the counts of the last poll. */
export function twoChoices(random: () => number): Policy {
  return new FromLastPoll('two choices at last poll', (counts) => {
    const first = Math.floor(random() * counts.length);
    const second = Math.floor(random() * counts.length);
    return (counts[first] ?? 0) <= (counts[second] ?? 0) ? first : second;
  });
}
