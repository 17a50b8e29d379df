import { isWithin } from '../config/window';
import type { Situation } from './census';
import { leastOf, wantedSize } from './orders';
import type { ScalingState } from './state';
import { cooldownLeft, hold, type Step, seconds } from './step';
import type { Reason, Wish } from './types';
import { chooseVictims } from './victims';

/** Fewer nodes, when every rule could do with fewer, all is known, and nothing else is under way. */
export function scaleIn(state: ScalingState, wishes: readonly Wish[], situation: Situation): Step {
  const { sample, census, nowMs, config } = situation;
  const ordered = wantedSize(situation);
  // An operator may shrink before the rules would, but not below what they would start again at once.
  const enough = wishes.map((wish) => (ordered === null ? wish.keep : leastOf(wish)));
  const keep = Math.min(config.maximum, Math.max(...enough));
  const surplus = census.have - keep;
  const average = wishes.find((wish) => wish.rule === 'average')?.text ?? '';
  const operator = wishes.find((wish) => wish.rule === 'operator')?.text ?? '';
  const because = (code: string, text: string): Reason =>
    ordered === null
      ? { rule: 'average', code, text: `${text}: ${average}` }
      : { rule: 'operator', code, text: `${text}: ${operator}` };
  if (surplus <= 0) {
    return hold(state, atMaximum(wishes, situation) ?? because('steady', `unchanged at ${census.have} nodes`));
  }

  const obstacle = whyNot(situation, ordered !== null);
  if (obstacle !== null) {
    return hold(state, because(obstacle.code, `${surplus} nodes more than needed, but ${obstacle.text}`));
  }
  const step = Math.max(config.in.stepNodes, Math.floor(census.have * config.in.stepFraction));
  const victims = chooseVictims(census.open, Math.min(surplus, step), sample.group?.wantedVersion ?? null);
  const reason = because('drain', `from ${census.have} to ${census.have - victims.length} nodes`);
  const drains = victims.map(({ nodeId }) => [
    nodeId,
    { sinceMs: nowMs, confirmed: false, why: reason.text, movedAtMs: null },
  ]);
  return {
    state: { ...state, drains: { ...state.drains, ...Object.fromEntries(drains) } },
    actions: victims.map((node) => ({
      kind: 'drain',
      nodeId: node.nodeId,
      reason: { ...reason, text: `${node.nodeId} with ${node.sessions + node.pending} players leaves, ${reason.text}` },
    })),
    stamps: ['in'],
    reason,
  };
}

/** More nodes are wanted than there may be; null when they are not. The first rule that wants it says so: the largest wish changes often. */
function atMaximum(wishes: readonly Wish[], { census, config }: Situation): Reason | null {
  const wish = wishes.find(({ atLeast }) => atLeast > config.maximum);
  if (wish === undefined) return null;
  const text = `unchanged at ${census.have} nodes, which is the maximum; ${wish.atLeast} are wanted: ${wish.text}`;
  return { rule: wish.rule, code: 'at-maximum', text };
}

/** What speaks against any scale-in now, the weightiest first; null when nothing does. An operator's order waits for no time. */
function whyNot({ sample, census, nowMs, config }: Situation, ordered: boolean): { code: string; text: string } | null {
  const { cooldowns } = sample;
  if (sample.massFailure)
    return { code: 'mass-failure', text: 'most nodes are silent, which is probably our own fault' };
  if (census.partial) return { code: 'partial', text: 'not every node answers' };
  if (sample.group === null) return { code: 'fleet-silent', text: 'the fleet does not answer' };
  if (cooldowns === null) return { code: 'registry-silent', text: 'the registry does not answer' };
  // The fleet's size and its list may be of different moments: who is on the list and boots is to come in any case.
  const booting = sample.nodes.filter(({ health }) => health === 'booting').length;
  const coming = Math.max(census.coming, booting);
  if (coming > 0) return { code: 'coming', text: `${coming} nodes are still to come` };
  if (ordered) return null;
  if (config.in.windows.length > 0 && !config.in.windows.some((window) => isWithin(window, nowMs))) {
    return { code: 'outside-window', text: 'this is no time for scale-in' };
  }
  const left = Math.max(
    cooldownLeft(cooldowns.inAgoMs, config.in.cooldownMs),
    cooldownLeft(cooldowns.outAgoMs, config.in.stabiliseMs),
  );
  return left > 0 ? { code: 'cooldown-in', text: `scale-in waits ${seconds(left)} for its cooldown` } : null;
}
