import type { z } from 'zod';
import type { ScalingConfig } from '../core/config/scaling';

export interface LocalScaling {
  /** The least and the most nodes. */
  readonly minimum: number;
  readonly maximum: number;
  /** Players that one node takes. */
  readonly capacity: number;
  /** Players can be asked to go to another node: in a lobby, not in the middle of a game. */
  readonly movable: boolean;
}

/** As in production, only in seconds where production has minutes, so that one sees it happen. All times in milliseconds. */
export function localScaling({ minimum, maximum, capacity, movable }: LocalScaling): z.input<typeof ScalingConfig> {
  return {
    minimum,
    maximum,
    capacity,
    bootMs: 2_000,
    bootLimitMs: 30_000,
    forecast: { windowMs: 10_000 },
    out: { cooldownMs: 4_000 },
    in: {
      cooldownMs: 6_000,
      stepFraction: 0.3,
      stabiliseMs: 10_000,
      // As long as tickets live: the balancer waits at least for these.
      drainAtLeastMs: 0,
      move: movable ? { afterMs: 5_000, batch: 20, everyMs: 2_000 } : null,
    },
    roll: { settleMs: 3_000, pauseMs: 15_000 },
  };
}

/** The most processes of a group: a rolling replacement needs some more than the most nodes. */
export function groupLimit(maximum: number): number {
  return Math.ceil(maximum * 1.25) + 1;
}
