import type { Maintenance } from './orders/standing';

/** What one balancer remembers of those whom it turned away from one cluster. Times are Unix milliseconds. */
export interface AdmissionState {
  /** When the order came that this is about; with another one the slots begin anew. */
  readonly orderedMs: number;
  /** When the next one who is turned away may come back. */
  readonly nextSlotMs: number;
  /** By when all who were turned away have come back. */
  readonly allBackMs: number;
  /** Joins that may pass now, and as of when. */
  readonly tokens: number;
  readonly filledMs: number;
}

export const NOBODY_WAITS: AdmissionState = { orderedMs: 0, nextSlotMs: 0, allBackMs: 0, tokens: 0, filledMs: 0 };

/** Who is turned away while the end is not known, or far, comes back after this long at least, in milliseconds. */
const LEAST_WAIT_MS = 5_000;
/** The same for who comes too early after the end. */
const LEAST_LATER_MS = 500;
/** Nobody is told to wait longer than this, in milliseconds: a maintenance may end before it was expected to. */
const MOST_WAIT_MS = 30_000;
/** Clients wait up to half as long again as they are told. */
const LATENESS = 1.5;
/** The rate doubles each time this long has passed since the end, in milliseconds. */
const DOUBLING_MS = 15_000;
/** After the end joins are counted for this long at least: the other balancer may have turned people away. */
const LEAST_RAMP_MS = 10_000;
/** And for no longer than this. */
const MOST_RAMP_MS = 600_000;
/** Joins that may come at once, in milliseconds of the rate. */
const BURST_MS = 250;

/**
 * Whether a join is let in during a maintenance and after it; null: it is, else after how long to come back, in milliseconds. Who is
 * turned away gets a time of their own, one after the other at the given rate: however many wait, they come back over a time that grows with
 * their number. Who would wait longer than 30 s comes to ask again. After the end no more than the rate are let in, which doubles every 15 s,
 * until all have come back.
 *
 * @param ratePerS joins in a second that the cluster takes well.
 */
export function admit(
  before: AdmissionState,
  maintenance: Maintenance | null,
  ratePerS: number,
  nowMs: number,
): { readonly state: AdmissionState; readonly retryAfterMs: number | null } {
  if (maintenance === null) return { state: before, retryAfterMs: null };
  const orderedMs = maintenance.atMs;
  const state = before.orderedMs === orderedMs ? before : { ...before, orderedMs, nextSlotMs: 0 };
  if (maintenance.on) return later(state, Math.max(nowMs + LEAST_WAIT_MS, maintenance.untilMs ?? 0), ratePerS, nowMs);
  const sinceMs = nowMs - maintenance.atMs;
  const isOver = sinceMs >= MOST_RAMP_MS || (sinceMs >= LEAST_RAMP_MS && nowMs >= state.allBackMs);
  if (isOver) return { state: NOBODY_WAITS, retryAfterMs: null };
  const rate = ratePerS * 2 ** (Math.max(0, sinceMs) / DOUBLING_MS);
  const fromMs = Math.max(state.filledMs, maintenance.atMs);
  const burst = Math.max(1, (rate * BURST_MS) / 1_000);
  const tokens = Math.min(burst, state.tokens + (rate * Math.max(0, nowMs - fromMs)) / 1_000);
  const filled = { ...state, tokens, filledMs: nowMs };
  if (tokens >= 1) return { state: { ...filled, tokens: tokens - 1 }, retryAfterMs: null };
  return later(filled, nowMs + LEAST_LATER_MS, rate, nowMs);
}

function later(state: AdmissionState, earliestMs: number, ratePerS: number, nowMs: number) {
  const slotMs = Math.max(state.nextSlotMs, earliestMs) + 1_000 / ratePerS;
  const tooFar = slotMs - nowMs > MOST_WAIT_MS;
  const retryAfterMs = tooFar ? MOST_WAIT_MS : Math.round(slotMs - nowMs);
  const allBackMs = Math.max(state.allBackMs, nowMs + retryAfterMs * LATENESS);
  // Who asks again takes no place from others by it.
  const nextSlotMs = tooFar ? state.nextSlotMs : slotMs;
  return { state: { ...state, nextSlotMs, allBackMs }, retryAfterMs };
}
