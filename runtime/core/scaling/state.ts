import { z } from 'zod';
import { MetricName } from '../protocol/agent';
import { PLAYERS } from '../snapshot';
import { WEEK_SLOTS } from './slots';
import { RuleName } from './types';

const Time = z.number();

/**
 * What the decisions remember from one step to the next: plain JSON, so that a restarted balancer, or the one that takes over,
 * goes on where the last one was. Times are Unix milliseconds. Losing it costs only time: drains are then taken over from the
 * nodes' own phase, and everything that waits for something waits anew.
 */
export const ScalingState = z.object({
  /** What the load of `history`, `peaks`, `trend` and `past` is; none of it says anything of another metric. */
  metric: MetricName.default(PLAYERS),
  /** The load over the forecast's window, oldest first, at fixed distances. */
  history: z.array(z.object({ atMs: Time, load: z.number() })).default([]),
  /** The highest load of each slice of the stabilisation time, oldest first; `atMs` is where the slice begins. */
  peaks: z.array(z.object({ atMs: Time, load: z.number() })).default([]),
  /** Trend of the history; null when there is too little of it, or none. `perMs`: change of the load per millisecond. */
  trend: z.object({ perMs: z.number(), rising: z.number() }).nullable().default(null),
  /**
   * The last week: the highest load of each slot of five minutes, oldest first, null where it is unknown; and that of the present `slot`
   * (Unix time divided by the slot's length) so far.
   */
  past: z
    .object({ slot: z.int(), peak: z.number(), peaks: z.array(z.number().nullable()).max(WEEK_SLOTS) })
    .nullable()
    .default(null),
  /** Joins refused as FULL, per sample. */
  refusals: z.array(z.object({ atMs: Time, count: z.number() })).default([]),
  /** The size last decided on, until the fleet has it. */
  ordered: z.object({ size: z.int(), rule: RuleName, text: z.string() }).nullable().default(null),
  /** Nodes that were chosen to leave. */
  drains: z
    .record(
      z.string(),
      z.object({
        /** Since when it is known to drain; until `confirmed`, since when it was chosen. */
        sinceMs: Time,
        /** The node itself has said that it drains. */
        confirmed: z.boolean(),
        /** For people: why it was chosen. */
        why: z.string(),
        /** When players were last asked to move. */
        movedAtMs: Time.nullable(),
      }),
    )
    .default({}),
  /** Since when each node that is booting has been seen to. */
  booting: z.record(z.string(), Time).default({}),
  /** When the fleet was last asked for something, by what was asked: it is asked again only after a while. */
  asked: z.record(z.string(), Time).default({}),
  /** A rolling replacement that is under way. */
  roll: z
    .object({
      version: z.string(),
      /** Nodes that must stay open throughout. */
      base: z.int(),
      /** Since when each new node has been green without a break. */
      greenSince: z.record(z.string(), Time),
      /** When a new node last failed. */
      failedAtMs: Time.nullable(),
    })
    .nullable()
    .default(null),
});
export type ScalingState = z.infer<typeof ScalingState>;
export type Drain = ScalingState['drains'][string];
export type RollState = NonNullable<ScalingState['roll']>;

/** The state before the first step. */
export function initialState(): ScalingState {
  return ScalingState.parse({});
}

/** Reads a stored state; one that is unreadable counts as none. */
export function parseState(text: string | null): ScalingState {
  if (text === null) return initialState();
  try {
    const parsed = ScalingState.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : initialState();
  } catch {
    return initialState();
  }
}
