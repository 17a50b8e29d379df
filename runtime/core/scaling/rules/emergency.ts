import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import { proportionalSize } from '../sizing';
import type { ScalingState } from '../state';
import { climbOf, surgeOf } from '../surge';
import type { Wish } from '../types';

/** Who was refused asks again after about this long, in milliseconds; counted for longer, one player would be several. */
const ASK_AGAIN_MS = 3_000;

/**
 * Joins are being refused for lack of room, or will be before a node that is started now is there, as the load surges: out at once,
 * cooldown or not. Bounded: refusals want one step more than what is *open*, so nodes that are already coming satisfy them, and the
 * next step follows only when these have arrived; a surge wants what it comes to until the next order can be ready, and wants again
 * only when that was too little.
 */
export function emergencyRule(census: Census, state: ScalingState, nowMs: number, config: ScalingConfig): Wish {
  const refused = state.refusals.reduce((sum, { count }) => sum + count, 0);
  const { surge, climb } = pace(state, census, nowMs, config);
  const room = census.open.reduce((sum, { capacity }) => sum + capacity, 0) + census.coming * census.newCapacity;
  const surges = surge > 0 && census.load + surge * config.bootMs > room;
  if (config.emergency === null || (refused === 0 && !surges)) {
    return { rule: 'emergency', atLeast: 0, keep: 0, urgent: true, text: 'no join was refused' };
  }
  const { stepNodes, stepFraction, windowMs } = config.emergency;
  const open = census.open.length;
  const waiting = state.refusals.reduce((sum, { atMs, count }) => (nowMs - atMs < ASK_AGAIN_MS ? sum + count : sum), 0);
  const step =
    refused === 0 ? 0 : Math.max(stepNodes, Math.ceil(open * stepFraction), Math.ceil(waiting / census.newCapacity));
  const aheadMs = config.bootMs + config.out.cooldownMs;
  const load = census.load + aheadMs * Math.max(surge, climb);
  const forLoad = config.average.rule === 'ladder' ? 0 : proportionalSize(load, config.average, census);
  const atLeast = Math.max(open + step, forLoad);
  const why =
    refused > 0
      ? `${refused} joins refused as full within ${windowMs / 1000} s`
      : `load ${Math.round(census.load)} surges by ${Math.round(surge * 60_000)} a minute, there is room for ${room}`;
  return {
    rule: 'emergency',
    atLeast,
    keep: Math.max(atLeast, census.have),
    urgent: true,
    text: `${why}, ${open} nodes open, ${census.coming} coming`,
  };
}

/** By how much the load rises per millisecond: beyond doubt, and as it seems. What nodes can hold is known in players only. */
function pace(
  { history }: ScalingState,
  { load }: Census,
  nowMs: number,
  { forecast, average }: ScalingConfig,
): { surge: number; climb: number } {
  if (forecast === null || average.rule !== 'utilization') return { surge: 0, climb: 0 };
  const points = [...history, { atMs: nowMs, load }];
  const withinMs = forecast.windowMs / 4;
  return { surge: surgeOf(points, withinMs), climb: climbOf(points, withinMs) };
}
