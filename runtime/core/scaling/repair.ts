import type { ScalingConfig } from '../config/scaling';
import type { Census } from './census';
import type { ScalingState } from './state';
import { ask } from './step';
import type { Action, ScalingSample } from './types';

/**
 * Dead nodes, and those that never came up: the fleet is told, and replaces each once. Repeated while they are still listed.
 * Not in a mass failure (S8).
 */
export function repair(
  before: ScalingState,
  census: Census,
  sample: ScalingSample,
  nowMs: number,
  config: ScalingConfig,
): { state: ScalingState; actions: Action[] } {
  let state = before;
  const actions: Action[] = [];
  if (sample.massFailure || sample.group === null) return { state, actions };
  const report = (nodeId: string, code: string, text: string): void => {
    const asked = ask(state, `replace ${nodeId}`, nowMs);
    if (asked === null) return;
    state = asked;
    actions.push({ kind: 'replace', nodeId, reason: { rule: 'repair', code, text: `${nodeId} ${text}` } });
  };
  for (const node of census.dead) {
    report(node.nodeId, 'red', `is dead: silent for ${Math.round(node.silentMs / 1000)} s`);
  }
  for (const node of census.overdue) {
    report(node.nodeId, 'overdue', `has not come up within ${Math.round(config.bootLimitMs / 1000)} s`);
  }
  return { state, actions };
}
