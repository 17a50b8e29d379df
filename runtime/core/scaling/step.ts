import type { ScalingState } from './state';
import type { Action, Direction, Reason } from './types';

/** How long until the fleet is asked for the same thing again, in milliseconds: it is slow to show what it was told. */
export const ASK_AGAIN_MS = 10_000;

/** What one part of a decision did: the state after it, what to do, and why. */
export interface Step {
  readonly state: ScalingState;
  readonly actions: readonly Action[];
  /** Cooldowns that begin now; to be stored before the first action. */
  readonly stamps: readonly Direction[];
  readonly reason: Reason;
}

/** Nothing is done. */
export function hold(state: ScalingState, reason: Reason): Step {
  return { state, actions: [], stamps: [], reason };
}

/** Notes that the fleet is asked for `what`; null when it was asked a moment ago. */
export function ask(state: ScalingState, what: string, nowMs: number): ScalingState | null {
  const asked = Object.fromEntries(
    Object.entries(state.asked).filter(([, atMs]) => atMs <= nowMs && nowMs - atMs < ASK_AGAIN_MS),
  );
  return what in asked ? null : { ...state, asked: { ...asked, [what]: nowMs } };
}

/** How long a cooldown still lasts, in milliseconds; a missing stamp means that it has just begun (S5). */
export function cooldownLeft(agoMs: number | null, cooldownMs: number): number {
  return agoMs === null ? cooldownMs : Math.max(0, cooldownMs - Math.max(0, agoMs));
}

export function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
