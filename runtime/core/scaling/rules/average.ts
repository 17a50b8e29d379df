import type { ScalingConfig } from '../../config/scaling';
import type { Census } from '../census';
import { averageLoad, floorSize, inSize, outSize } from '../sizing';
import type { Wish } from '../types';

/**
 * The average load per node. Grows by the load of this moment, shrinks by the highest of the stabilisation time (`peak`;
 * null: not known yet, so it keeps what there is). Between the two thresholds nothing happens.
 */
export function averageRule(census: Census, peak: number | null, config: ScalingConfig): Wish {
  const atLeast = outSize(census.load, config.average, census);
  const keep = peak === null ? census.have : inSize(Math.max(peak, census.load), config.average, census);
  const average = averageLoad(census.load, config.average, census);
  return {
    rule: 'average',
    atLeast,
    keep: Math.max(atLeast, keep),
    floor: floorSize(census.load, config.average, census),
    urgent: false,
    text: `average load ${format(average)} of ${census.have} nodes (${bounds(config)}), enough are ${Math.max(atLeast, keep)}`,
  };
}

function bounds({ average }: ScalingConfig): string {
  return average.rule === 'ladder'
    ? `out at ${average.outAt}, in at ${average.inAt}`
    : `out above ${average.outAbove}, in below ${average.inBelow}, target ${average.target}`;
}

export function format(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : 'without end';
}
