/** What goes wrong, and when: rates are per node and day, spans in milliseconds from the start of the trace. */
export interface Faults {
  /** Processes that die, per node and day. @default 0 */
  readonly crashesPerNodeDay: number;
  /** Machines that AWS takes back with two minutes' notice, per node and day. @default 0 */
  readonly interruptionsPerNodeDay: number;
  /** Share of instances that never come up. @default 0 */
  readonly stillborn: number;
  /** Times at which no instance can be had, boots take `factor` times as long, or the fleet's API refuses every call. @default [] */
  readonly spans: readonly {
    readonly kind: 'no-capacity' | 'slow-boots' | 'throttled';
    readonly fromMs: number;
    readonly toMs: number;
    /** @default 3, for slow boots */
    readonly factor?: number;
  }[];
}

export const NO_FAULTS: Faults = { crashesPerNodeDay: 0, interruptionsPerNodeDay: 0, stillborn: 0, spans: [] };

/** What is given, whoever decides. Times in milliseconds. */
export interface Physics {
  /** Players that a node is meant to hold. */
  readonly capacity: number;
  /** From the launch of a node until it takes players: the median, and the spread of its logarithm (0: always the same). */
  readonly bootMs: number;
  readonly bootSpread: number;
  /** How long a player who found no room waits before asking again, and how long at all before giving up. */
  readonly retryMs: number;
  readonly patienceMs: number;
  /** Silence after which a dead node is replaced. */
  readonly redAfterMs: number;
  readonly faults: Faults;
}

export const DEFAULT_PHYSICS: Physics = {
  capacity: 200,
  bootMs: 90_000,
  bootSpread: 0.1,
  retryMs: 3_000,
  patienceMs: 600_000,
  redAfterMs: 30_000,
  faults: NO_FAULTS,
};

/** Two minutes, as AWS gives for Spot. In milliseconds. */
export const NOTICE_MS = 120_000;
