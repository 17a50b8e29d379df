export interface AnsweringConfig {
  /** How long every look must have been answered before the registry counts as back, in milliseconds. */
  readonly steadyMs: number;
}

/** Whether the registry is to be relied on. */
export interface AnsweringState {
  /** Why it is not; null while it is. */
  readonly problem: string | null;
  /** Since when every look has been answered, monotonic; null: the last one was not. */
  readonly goodSinceMs: number | null;
  /** When it last came back, monotonic; null: never. */
  readonly backAtMs: number | null;
  /** Times in a row that it went soon after it had come back. */
  readonly relapses: number;
}

/** A look at the registry: null when it was answered in time, else what went wrong. */
export type Look = string | null;

/** A registry that goes again within this many times `steadyMs` has relapsed. */
const SOON = 10;

/** Each relapse doubles the wait, this often at most. */
const MOST_DOUBLINGS = 4;

export const INITIAL_ANSWERING: AnsweringState = {
  problem: 'not asked yet',
  goodSinceMs: null,
  backAtMs: null,
  relapses: 0,
};

/**
 * One look. `nowMs` is monotonic. A failed look is enough to do without the registry: that costs little. It is relied on again once it
 * has answered every look for `steadyMs`, or longer when it comes and goes; the first time at once.
 */
export function stepAnswering(
  state: AnsweringState,
  look: Look,
  nowMs: number,
  config: AnsweringConfig,
): AnsweringState {
  if (look !== null) {
    if (state.problem !== null) return { ...state, problem: look, goodSinceMs: null };
    const soon = state.backAtMs !== null && nowMs - state.backAtMs < SOON * config.steadyMs;
    return { ...state, problem: look, goodSinceMs: null, relapses: soon ? state.relapses + 1 : 0 };
  }
  const goodSinceMs = state.goodSinceMs ?? nowMs;
  if (state.problem === null) return { ...state, goodSinceMs };
  const waitMs = state.backAtMs === null ? 0 : config.steadyMs * 2 ** Math.min(state.relapses, MOST_DOUBLINGS);
  if (nowMs - goodSinceMs < waitMs) return { ...state, goodSinceMs };
  return { ...state, problem: null, goodSinceMs, backAtMs: nowMs };
}
