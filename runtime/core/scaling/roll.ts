import type { Situation } from './census';
import { ceiling, drainingNodes, isOld, surge, undrain } from './out';
import type { RollState, ScalingState } from './state';
import { ask, hold, type Step } from './step';
import type { Reason, ScalingNode } from './types';
import { chooseVictims } from './victims';

/**
 * Rolling replacement, a surge at a time: new nodes are started, have to stay green for a while, and only then as many old ones
 * drain as leaves no fewer open than there were. It changes no size, so it neither waits for the cooldowns nor starts them.
 * Null when every node runs what it should, or the fleet does not say what that is. Nodes that an operator wants replaced count as old.
 */
export function rollingReplacement(before: ScalingState, situation: Situation): Step | null {
  const { sample, census, nowMs, config } = situation;
  const version = sample.group?.wantedVersion ?? null;
  const old = census.open.filter((node) => node.version !== null && isOld(node, census, version));
  if (version === null || old.length === 0) return null;

  const roll = follow(before.roll, version, situation);
  const state: ScalingState = { ...before, roll };
  const because = (code: string, text: string): Reason => ({
    rule: 'roll',
    code,
    text: `${text}: ${old.length} of ${census.have} nodes are to be replaced by version ${version}`,
  });
  const obstacle = whyNot(roll, situation);
  if (obstacle !== null) return hold(state, because('roll-paused', obstacle));

  const pace = Math.min(surge(roll.base, config), old.length);
  const settled = Object.values(roll.greenSince).filter((sinceMs) => nowMs - sinceMs >= config.roll.settleMs).length;
  const spare = Math.min(settled + old.length - roll.base, pace);
  if (spare > 0) return drainOld(state, old, spare, version, nowMs, because);

  const missing = roll.base + pace - census.have;
  if (missing <= 0)
    return hold(state, because('roll-settling', `${census.coming} new nodes to come, ${settled} ready`));
  const back = drainingNodes(census, version)
    .filter((node) => !isOld(node, census, version))
    .slice(0, missing);
  if (back.length > 0) {
    const reason = because('roll-undrain', `${back.length} nodes of this version taken back`);
    return { ...undrain(state, back, 'roll', reason.text), stamps: [], reason };
  }
  const size = Math.min(census.desired + missing, ceiling(config));
  if (size <= census.desired) {
    return hold(
      state,
      because('roll-waiting', `${census.leaving.length} nodes have yet to leave before more can come`),
    );
  }
  const reason = because('roll-grow', `from ${census.desired} to ${size} instances`);
  const asked = ask(state, 'grow', nowMs);
  if (asked === null) return hold(state, reason);
  return { state: asked, actions: [{ kind: 'grow', size, reason }], stamps: [], reason };
}

function drainOld(
  state: ScalingState,
  old: readonly ScalingNode[],
  count: number,
  version: string,
  nowMs: number,
  because: (code: string, text: string) => Reason,
): Step {
  const victims = chooseVictims(old, count, version);
  const reason = because('roll-drain', `${victims.length} old nodes leave`);
  const drains = victims.map(({ nodeId }) => [
    nodeId,
    { sinceMs: nowMs, confirmed: false, why: reason.text, movedAtMs: null },
  ]);
  return {
    state: { ...state, drains: { ...state.drains, ...Object.fromEntries(drains) } },
    actions: victims.map(({ nodeId }) => ({ kind: 'drain', nodeId, reason })),
    stamps: [],
    reason,
  };
}

/** Begins the record of this replacement, or brings it up to the sample. A changed wish starts over, but keeps the size. */
function follow(before: RollState | null, version: string, { sample, census, nowMs, config }: Situation): RollState {
  const base = Math.min(before?.base ?? census.have, config.maximum);
  const known = before?.version === version ? before : null;
  const greenSince: Record<string, number> = {};
  for (const node of census.open) {
    if (isOld(node, census, version) || node.health !== 'green') continue;
    greenSince[node.nodeId] = Math.min(known?.greenSince[node.nodeId] ?? nowMs, nowMs);
  }
  const fine = new Set(sample.nodes.filter(({ health }) => health !== 'red').map(({ nodeId }) => nodeId));
  const lost = Object.keys(known?.greenSince ?? {}).some((nodeId) => !fine.has(nodeId));
  const failed = lost || census.overdue.length > 0;
  // Not in the future: the clock may have been set back since.
  const failedAtMs = known?.failedAtMs == null ? null : Math.min(known.failedAtMs, nowMs);
  return { version, base, greenSince, failedAtMs: failed ? nowMs : failedAtMs };
}

function whyNot(roll: RollState, { sample, census, nowMs, config }: Situation): string | null {
  if (sample.massFailure) return 'paused, most nodes are silent';
  if (sample.cooldowns === null) return 'paused, the registry does not answer';
  if (roll.failedAtMs !== null && nowMs - roll.failedAtMs < config.roll.pauseMs) return 'paused, a new node has failed';
  return census.partial ? 'paused, not every node answers' : null;
}
