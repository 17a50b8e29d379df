import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import { proportionalSize } from '../sizing';
import type { ScalingState } from '../state';
import type { Wish } from '../types';

/**
 * Joins are being refused for lack of room: out at once, cooldown or not. Bounded: it wants one step more than what is *open*,
 * so nodes that are already coming satisfy it, and the next step follows only when these have arrived.
 */
export function emergencyRule(census: Census, state: ScalingState, config: ScalingConfig): Wish {
  const refused = state.refusals.reduce((sum, { count }) => sum + count, 0);
  if (config.emergency === null || refused === 0) {
    return { rule: 'emergency', atLeast: 0, keep: 0, urgent: true, text: 'no join was refused' };
  }
  const { stepNodes, stepFraction, windowMs } = config.emergency;
  const open = census.open.length;
  const step = Math.max(stepNodes, Math.ceil(open * stepFraction), Math.ceil(refused / census.newCapacity));
  const forLoad = config.average.rule === 'ladder' ? 0 : proportionalSize(census.load, config.average, census);
  const atLeast = Math.max(open + step, forLoad);
  return {
    rule: 'emergency',
    atLeast,
    keep: Math.max(atLeast, census.have),
    urgent: true,
    text: `${refused} joins refused as full within ${windowMs / 1000} s, ${open} nodes open, ${census.coming} coming`,
  };
}
