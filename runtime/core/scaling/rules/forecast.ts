import type { ScalingConfig } from '../../config/scaling';
import { PLAYERS } from '../../snapshot';
import type { Census } from '../census';
import { averageLoad, floorSize, inSize, outSize } from '../sizing';
import type { ScalingState } from '../state';
import { surgeOf } from '../surge';
import type { Wish } from '../types';
import { format } from './average';

/** Share of rising pairs from which on a rise is no noise: with two dozen points about four standard deviations. */
const RISING = 0.8;

/**
 * The trend of the load, carried on until what is started *next* can be ready: one cooldown plus one boot time ahead. What is
 * started now has to last until then.
 */
export function forecastRule(census: Census, state: ScalingState, nowMs: number, config: ScalingConfig): Wish {
  const perMs = rise(state, census.load, nowMs, config);
  if (perMs <= 0) return { rule: 'forecast', atLeast: 0, keep: 0, urgent: false, text: 'no rising trend' };
  const aheadMs = config.bootMs + config.out.cooldownMs;
  const load = census.load + perMs * aheadMs;
  const atLeast = outSize(load, config.average, census);
  return {
    rule: 'forecast',
    atLeast,
    keep: Math.max(atLeast, inSize(load, config.average, census)),
    floor: floorSize(load, config.average, census),
    urgent: false,
    text:
      `load ${format(census.load)} rises by ${format(perMs * 60_000)} a minute: ${format(load)} in ` +
      `${Math.round(aheadMs / 1000)} s, average ${format(averageLoad(load, config.average, census))} of ${census.have} nodes`,
  };
}

/**
 * Load per millisecond: the trend of the whole window, or a surge within its last quarter; 0 when neither is beyond doubt. How much
 * of a surge is mere noise is known of players only: of another metric neither the unit nor the noise is.
 */
function rise(
  { trend, history }: ScalingState,
  load: number,
  nowMs: number,
  { forecast, metric }: ScalingConfig,
): number {
  if (forecast === null) return 0;
  const steady = trend !== null && trend.rising >= RISING ? trend.perMs : 0;
  if (metric !== PLAYERS) return steady;
  return Math.max(steady, surgeOf([...history, { atMs: nowMs, load }], forecast.windowMs / 4));
}
