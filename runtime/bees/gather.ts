import type { Progress } from './progress';

/** All are to have been there for a whole second, which a merged result can show: in milliseconds. */
const HOLD_MS = 2_500;

/** Players that do not come hold up the others no longer than this after the last arrival, in milliseconds. */
const LIMIT_MS = 120_000;

/** Since when everybody has arrived, and since when everybody is there; null: not yet. */
export interface Gathering {
  readonly arrivedAtMs: number | null;
  readonly completeAtMs: number | null;
}

export const NOBODY: Gathering = { arrivedAtMs: null, completeAtMs: null };

/** Whether the players, who stay until all are there at once, may leave. A pure step: one of a few a second. */
export function gather(
  before: Gathering,
  {
    players,
    arrived,
    connected,
    finished,
    failed,
  }: Pick<Progress, 'players' | 'arrived' | 'connected' | 'finished' | 'failed'>,
  nowMs: number,
): { readonly state: Gathering; readonly release: boolean } {
  const all = arrived >= players;
  const complete = all && connected + finished + failed >= players;
  const state = {
    arrivedAtMs: all ? (before.arrivedAtMs ?? nowMs) : null,
    completeAtMs: complete ? (before.completeAtMs ?? nowMs) : null,
  };
  const held = state.completeAtMs !== null && nowMs - state.completeAtMs >= HOLD_MS;
  const waited = state.arrivedAtMs !== null && nowMs - state.arrivedAtMs >= LIMIT_MS;
  return { state, release: held || waited };
}
