/** A course of players over time, to watch the fleets follow it. */
export interface Scenario {
  /** For `--help`. */
  readonly title: string;
  /** Most players at once, when `--players` says nothing else. */
  readonly players: number;
  /** Players at once over time for a given most: `SECOND:PLAYERS,…`, as the bees want it. */
  readonly curve: (most: number) => string;
  /** Seconds that each player plays, and positions per second. */
  readonly play: number;
  readonly rate: number;
  /** Players that one node takes: few, so that the fleets have to follow. */
  readonly capacity: { readonly lobby: number; readonly game: number };
  /** Most nodes per cluster. */
  readonly max: number;
  /** Settings of the balancer. */
  readonly settings: Readonly<Record<string, string>>;
  /** How long the fleets may take to shrink once the last player has gone, in milliseconds. */
  readonly ebbMs: number;
}

/** Players at low tide. */
const LOW = 40;

export const SCENARIOS = {
  tide: {
    title: `players rise from ${LOW} to --players (default 800) and fall back within three minutes; implies --exit`,
    players: 800,
    curve: (most: number) => {
      const low = Math.min(LOW, most);
      return `0:${low},10:${low},70:${most},90:${most},140:${low},165:${low}`;
    },
    play: 25,
    rate: 1,
    capacity: { lobby: 40, game: 100 },
    max: 16,
    // A node that drains waits until the last ticket for it has expired.
    settings: { TICKET_TTL_MS: '10000' },
    ebbMs: 30_000,
  },
} as const satisfies Record<string, Scenario>;
