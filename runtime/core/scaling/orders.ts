import { NO_ORDERS, said } from '../orders/standing';
import type { Census, Situation } from './census';
import type { ScalingState } from './state';
import type { Action, ScalingNode, ScalingSample, Wish } from './types';

/** A size that cannot be reached is given up after this long, in milliseconds. */
const SIZE_LIMIT_MS = 30 * 60_000;

/**
 * Nodes that operators drained begin to leave like any other; they are theirs to take back. One that has not come up yet was told nothing:
 * wanted back, it just stays.
 */
export function followOrders(state: ScalingState, sample: ScalingSample, nowMs: number): ScalingState {
  const { nodes } = sample.orders ?? NO_ORDERS;
  const drains = { ...state.drains };
  for (const { nodeId, health } of sample.nodes) {
    const order = nodes[nodeId];
    if (order?.order === 'undrain' && health === 'booting' && drains[nodeId]?.confirmed === false)
      delete drains[nodeId];
    if (order?.order !== 'drain' || health === 'red' || nodeId in drains) continue;
    drains[nodeId] = { sinceMs: nowMs, confirmed: false, why: `drained by ${said(order)}`, movedAtMs: null };
  }
  return { ...state, drains };
}

/** Nodes that an operator wants back: they are told until they obey. A sealed one, or one whose machine goes away, cannot come back. */
export function wantedBack(sample: ScalingSample, census: Census): readonly ScalingNode[] {
  const { nodes } = sample.orders ?? NO_ORDERS;
  return census.leaving.filter(
    ({ nodeId, phase, health, leaving }) =>
      nodes[nodeId]?.order === 'undrain' && phase !== 'sealed' && health === 'green' && leaving !== true,
  );
}

/** The size that an operator wants now; null when nobody does. */
export function wantedSize({ sample, nowMs }: Pick<Situation, 'sample' | 'nowMs'>): number | null {
  const { size } = sample.orders ?? NO_ORDERS;
  return size === null || Math.abs(nowMs - size.atMs) > SIZE_LIMIT_MS ? null : size.size;
}

/** What an operator wants at least; smaller sizes are `scaleIn`'s business. */
export function operatorRule(sample: ScalingSample, nowMs: number): Wish {
  const { size } = sample.orders ?? NO_ORDERS;
  if (size === null || wantedSize({ sample, nowMs }) === null) {
    return { rule: 'operator', atLeast: 0, keep: 0, urgent: true, text: 'no operator wants a size' };
  }
  const text = `${size.size} nodes wanted by ${said(size)}`;
  return { rule: 'operator', atLeast: size.size, keep: size.size, urgent: true, text };
}

/** Below this size the rule would start nodes at once. */
export function leastOf({ atLeast, floor = 0 }: Wish): number {
  return Math.max(atLeast, floor);
}

/** Why the order for a size is over; null while it is not, or there is none. */
export function sizeOver(wishes: readonly Wish[], census: Census, sample: ScalingSample, nowMs: number): string | null {
  const { size } = sample.orders ?? NO_ORDERS;
  if (size === null) return null;
  if (wantedSize({ sample, nowMs }) === null) return `not reached within ${SIZE_LIMIT_MS / 60_000} min: given up`;
  const needed = Math.max(...wishes.map(leastOf));
  if (census.have === size.size) return `${size.size} nodes are there or to come`;
  return size.size < census.have && needed >= census.have ? `the rules want ${census.have} nodes` : null;
}

/** What a paused cluster still does: nodes that have to leave stop taking joins, but none is ended. */
export function whilePaused(actions: readonly Action[]): Action[] {
  return actions.filter(({ kind }) => kind === 'drain' || kind === 'move');
}
