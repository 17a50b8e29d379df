import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import { loadToCome } from '../seasons';
import { averageLoad, floorSize, inSize, outSize } from '../sizing';
import type { ScalingState } from '../state';
import type { Wish } from '../types';
import { format } from './average';

/** What was needed at this time the day before and the week before, so early that it is there when it is needed again. */
export function historyRule(census: Census, { past }: ScalingState, nowMs: number, config: ScalingConfig): Wish {
  const none: Wish = { rule: 'history', atLeast: 0, keep: 0, urgent: false, text: 'nothing is known of this time' };
  if (config.history === null) return none;
  const aheadMs = config.bootMs + config.out.cooldownMs + config.history.earlierMs;
  const load = loadToCome(past, nowMs, nowMs + aheadMs);
  if (load === null) return none;
  const atLeast = outSize(load, config.average, census);
  return {
    rule: 'history',
    atLeast,
    keep: Math.max(atLeast, inSize(load, config.average, census)),
    floor: floorSize(load, config.average, census),
    urgent: false,
    text:
      `at this time of day the load came to ${format(load)} within ${Math.round(aheadMs / 1000)} s, ` +
      `average ${format(averageLoad(load, config.average, census))} of ${census.have} nodes`,
  };
}
