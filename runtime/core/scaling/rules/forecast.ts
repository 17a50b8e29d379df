import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import { averageLoad, inSize, outSize } from '../sizing';
import type { ScalingState } from '../state';
import type { Wish } from '../types';
import { format } from './average';

/** Share of rising pairs from which on a rise is no noise: with two dozen points about four standard deviations. */
const RISING = 0.8;

/**
 * The trend of the load, carried on until what is started *next* can be ready: one cooldown plus one boot time ahead. What is
 * started now has to last until then.
 */
export function forecastRule(census: Census, state: ScalingState, config: ScalingConfig): Wish {
  const { trend } = state;
  if (config.forecast === null || trend === null || trend.perMs <= 0 || trend.rising < RISING) {
    return { rule: 'forecast', atLeast: 0, keep: 0, urgent: false, text: 'no rising trend' };
  }
  const aheadMs = config.bootMs + config.out.cooldownMs;
  const load = census.load + trend.perMs * aheadMs;
  const atLeast = outSize(load, config.average, census);
  return {
    rule: 'forecast',
    atLeast,
    keep: Math.max(atLeast, inSize(load, config.average, census)),
    urgent: false,
    text:
      `load ${format(census.load)} rises by ${format(trend.perMs * 60_000)} a minute: ${format(load)} in ` +
      `${Math.round(aheadMs / 1000)} s, average ${format(averageLoad(load, config.average, census))} of ${census.have} nodes`,
  };
}
