import type { Situation } from './census';
import type { Drain, ScalingState } from './state';
import { ask } from './step';
import type { Action, Reason, ScalingNode, ScalingSample } from './types';

/**
 * Brings the record of drains up to what the nodes say. Chosen and seen draining: confirmed, the wait begins. Confirmed and
 * open again (undrained, or started anew), or dead before it said so: no longer leaving. Draining without our knowledge (chosen before a restart): taken over.
 */
export function followDrains(state: ScalingState, sample: ScalingSample, nowMs: number): ScalingState {
  const drains: Record<string, Drain> = {};
  for (const { nodeId, phase, health } of sample.nodes) {
    const drain = state.drains[nodeId];
    const said = phase !== 'open';
    if (said) {
      const known = drain?.confirmed === true && drain.sinceMs <= nowMs ? drain : null;
      const why = drain?.why ?? 'found draining';
      drains[nodeId] = known ?? { sinceMs: nowMs, confirmed: true, why, movedAtMs: null };
    } else if (drain !== undefined && health !== 'red' && (!drain.confirmed || health !== 'green')) {
      drains[nodeId] = drain;
    }
  }
  return { ...state, drains };
}

/** A node whose machine will go away drains at once, whatever the rules want: it is lost already. */
export function followNotices(state: ScalingState, { nodes }: ScalingSample, nowMs: number): ScalingState {
  const noticed = nodes.filter(
    ({ nodeId, leaving, health }) => leaving === true && health !== 'red' && !(nodeId in state.drains),
  );
  const why = 'its machine will go away';
  const drains = noticed.map(({ nodeId }) => [nodeId, { sinceMs: nowMs, confirmed: false, why, movedAtMs: null }]);
  return { ...state, drains: { ...state.drains, ...Object.fromEntries(drains) } };
}

/**
 * Takes each leaving node one step on its way: drain → empty, and long enough for every reservation to have ended → seal →
 * read as empty once more → terminate. A dead one is terminated, as nobody wants it replaced. Nothing of this in a mass failure.
 */
export function takeLeave(before: ScalingState, situation: Situation): { state: ScalingState; actions: Action[] } {
  const { sample, census, nowMs } = situation;
  let state = before;
  const actions: Action[] = [];
  let room = census.open.reduce((sum, node) => sum + Math.max(0, node.capacity - node.sessions - node.pending), 0);
  for (const node of sample.massFailure ? [] : census.leaving) {
    const drain = state.drains[node.nodeId];
    if (drain === undefined) continue;
    const step = next(node, drain, room, situation);
    if (step === null) continue;
    if (step.kind === 'terminate') {
      const asked = ask(state, `terminate ${node.nodeId}`, nowMs);
      if (asked === null) continue;
      state = asked;
    }
    if (step.kind === 'move') {
      room -= step.count;
      state = { ...state, drains: { ...state.drains, [node.nodeId]: { ...drain, movedAtMs: nowMs } } };
    }
    actions.push(step);
  }
  return { state, actions };
}

/** Two minutes are left: everybody is asked within half of one, and who is left then is asked again. */
const SOON = { afterMs: 0, everyMs: 30_000 } as const;

function next(node: ScalingNode, drain: Drain, room: number, { sample, nowMs, config }: Situation): Action | null {
  const { nodeId } = node;
  const because = (code: string, text: string): Reason => ({ rule: 'drain', code, text: `${nodeId} ${text}` });
  if (node.health === 'red') {
    const reason = because('terminate-red', `died while leaving, silent for ${Math.round(node.silentMs / 1000)} s`);
    return sample.group === null ? null : { kind: 'terminate', nodeId, reason };
  }
  if (node.health !== 'green') return null;
  const empty = node.sessions === 0 && node.pending === 0;
  if (node.phase === 'sealed') {
    if (!empty || sample.group === null) return null;
    return { kind: 'terminate', nodeId, reason: because('terminate', 'is sealed and empty') };
  }
  if (node.phase === 'open') {
    return { kind: 'drain', nodeId, reason: because('drain-again', `has not begun to drain yet; ${drain.why}`) };
  }
  const waitedMs = nowMs - drain.sinceMs;
  if (empty) {
    // Without the registry nobody knows whether a reservation is on its way.
    if (waitedMs < config.in.drainAtLeastMs || sample.cooldowns === null) return null;
    return {
      kind: 'seal',
      nodeId,
      reason: because('seal', `is empty after draining ${Math.round(waitedMs / 1000)} s`),
    };
  }
  const move = node.leaving === true ? { ...SOON, batch: node.sessions } : config.in.move;
  if (move === null || waitedMs < move.afterMs) return null;
  if (drain.movedAtMs !== null && nowMs >= drain.movedAtMs && nowMs - drain.movedAtMs < move.everyMs) return null;
  const count = Math.min(move.batch, node.sessions, room);
  if (count === 0) return null;
  const reason = because('move', `has drained ${Math.round(waitedMs / 1000)} s, ${node.sessions} players are left`);
  return { kind: 'move', nodeId, count, withinMs: move.everyMs, reason };
}
