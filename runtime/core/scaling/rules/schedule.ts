import type { ScalingConfig } from '../../config/scaling';
import { isWithin } from '../../config/window';
import type { Census } from '../census';
import type { Wish } from '../types';

/** Times at which more nodes are needed. A window counts from one boot time before it begins, so that they are ready then. */
export function scheduleRule(census: Census, nowMs: number, config: ScalingConfig): Wish {
  let atLeast = 0;
  let text = 'no scheduled time';
  for (const window of config.schedule) {
    if (window.atLeast <= atLeast) continue;
    if (!isWithin(window, nowMs) && !isWithin(window, nowMs + config.bootMs)) continue;
    atLeast = window.atLeast;
    const name = window.name ?? `${window.from} to ${window.to} ${window.zone}`;
    text = `at least ${atLeast} nodes at "${name}", there are ${census.have}`;
  }
  return { rule: 'schedule', atLeast, keep: atLeast, urgent: false, text };
}
