import type { Situation } from './census';
import type { ScalingState } from './state';
import { ask } from './step';
import type { Action, ScalingSample } from './types';

/** Notes since when the booting nodes boot. */
export function followBoots(state: ScalingState, sample: ScalingSample, nowMs: number): ScalingState {
  const booting: Record<string, number> = {};
  for (const { nodeId, health } of sample.nodes) {
    if (health === 'booting') booting[nodeId] = Math.min(state.booting[nodeId] ?? nowMs, nowMs);
  }
  return { ...state, booting };
}

/**
 * Nodes that never came up: the fleet is told, and replaces each; repeated while they are still listed. Not in a mass failure
 * (S8). Those that were up and died are not ours: the watch loop reports them.
 */
export function repair(
  before: ScalingState,
  { sample, census, nowMs, config }: Situation,
): { state: ScalingState; actions: Action[] } {
  let state = before;
  const actions: Action[] = [];
  if (sample.massFailure || sample.group === null) return { state, actions };
  for (const { nodeId } of census.overdue) {
    const asked = ask(state, `replace ${nodeId}`, nowMs);
    if (asked === null) continue;
    state = asked;
    const text = `${nodeId} has not come up within ${Math.round(config.bootLimitMs / 1000)} s`;
    actions.push({ kind: 'replace', nodeId, reason: { rule: 'repair', code: 'overdue', text } });
  }
  return { state, actions };
}
