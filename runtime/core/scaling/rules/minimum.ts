import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import type { Wish } from '../types';

/**
 * Never fewer nodes than the minimum. Dead nodes are replaced by the fleet at its size, so this starts what is missing from
 * that size; it does not wait for the cooldown, as it repairs and cannot run away.
 */
export function minimumRule(census: Census, config: ScalingConfig): Wish {
  return {
    rule: 'minimum',
    atLeast: config.minimum,
    keep: config.minimum,
    urgent: true,
    text: `${census.have} nodes, the minimum is ${config.minimum}`,
  };
}
