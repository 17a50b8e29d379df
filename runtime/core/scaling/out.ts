import type { ScalingConfig } from '../config/scaling';
import type { Census, Situation } from './census';
import type { ScalingState } from './state';
import { ask, cooldownLeft, hold, type Step, seconds } from './step';
import type { Action, Reason, RuleName, ScalingNode, Wish } from './types';

/** Nodes that may exist above the maximum while others leave. */
export function surge(base: number, config: ScalingConfig): number {
  return Math.max(1, Math.ceil(base * config.roll.surgeFraction));
}

/** The most instances that the fleet is ever asked for; those that drain count. */
export function ceiling(config: ScalingConfig): number {
  return config.maximum + surge(config.maximum, config);
}

/**
 * Draining nodes that can be had back, as their machines stay and no operator keeps them out, best first: of the wanted version, with
 * the most players, by id.
 */
export function drainingNodes(census: Census, wantedVersion: string | null): ScalingNode[] {
  const old = (node: ScalingNode): number => (isOld(node, census, wantedVersion) ? 1 : 0);
  return census.leaving
    .filter((node) => node.phase !== 'sealed' && node.health === 'green' && node.leaving !== true)
    .filter(({ nodeId }) => !census.keptOut.has(nodeId))
    .sort((a, b) => old(a) - old(b) || b.sessions - a.sessions || (a.nodeId < b.nodeId ? -1 : 1));
}

/** Whether a node is to be replaced: it does not run what it should, or an operator wants so. */
export function isOld({ nodeId, version }: ScalingNode, census: Census, wantedVersion: string | null): boolean {
  return version !== wantedVersion || census.toReplace.has(nodeId);
}

/** Takes nodes back from draining. It starts nothing, so it waits for no cooldown. */
export function undrain(
  state: ScalingState,
  nodes: readonly ScalingNode[],
  rule: RuleName,
  why: string,
): { state: ScalingState; actions: Action[] } {
  const back = new Set(nodes.map((node) => node.nodeId));
  return {
    state: {
      ...state,
      drains: Object.fromEntries(Object.entries(state.drains).filter(([nodeId]) => !back.has(nodeId))),
    },
    actions: nodes.map(({ nodeId }) => ({
      kind: 'undrain',
      nodeId,
      reason: { rule, code: 'undrain', text: `${nodeId} is needed again: ${why}` },
    })),
  };
}

/** The size that these wishes ask for, within the maximum, and the wish that asks for it. */
export function largest(wishes: readonly Wish[], config: ScalingConfig): { size: number; wish: Wish | undefined } {
  const wish = wishes.reduce<Wish | undefined>(
    (a, b) => (a !== undefined && a.atLeast >= b.atLeast ? a : b),
    undefined,
  );
  return { size: Math.min(config.maximum, wish?.atLeast ?? 0), wish };
}

/**
 * More nodes, when any rule wants more than there are: first those that drain, then new ones. Null when there are enough.
 */
export function scaleOut(before: ScalingState, wishes: readonly Wish[], situation: Situation): Step | null {
  const { sample, census, config } = situation;
  const want = largest(wishes, config);
  if (want.wish === undefined || want.size <= census.have) return null;
  const { rule, text } = want.wish;
  const back = drainingNodes(census, sample.group?.wantedVersion ?? null).slice(0, want.size - census.have);
  const { state, actions } = undrain(before, back, rule, text);
  const missing = want.size - census.have - back.length;
  const step =
    missing > 0
      ? order(state, wishes, back.length, situation)
      : hold(state, { rule, code: 'undrain', text: `${back.length} draining nodes taken back: ${text}` });
  return { ...step, actions: [...actions, ...step.actions] };
}

/**
 * Orders the nodes that are missing besides those taken back, or as many as cooldown and bounds allow. The order is kept until
 * the fleet has it: a lost request is repeated, and with it the cooldown begins anew.
 */
function order(state: ScalingState, wishes: readonly Wish[], back: number, situation: Situation): Step {
  const { sample, census, nowMs, config } = situation;
  const { size: want, wish } = largest(wishes, config);
  const missing = want - census.have - back;
  const wait = (code: string, text: string): Step =>
    hold(state, { rule: wish?.rule ?? 'sample', code, text: `${missing} nodes missing, ${text}: ${wish?.text ?? ''}` });
  if (sample.group === null) return wait('fleet-silent', 'but the fleet does not answer');
  if (sample.cooldowns === null) return wait('registry-silent', 'but no cooldown can be stored');

  const left = cooldownLeft(sample.cooldowns.outAgoMs, config.out.cooldownMs);
  const allowed = left === 0 ? wishes : wishes.filter(({ urgent }) => urgent);
  const now = largest(allowed, config);
  const step = Math.max(config.out.stepNodes, Math.ceil(census.have * config.out.stepFraction));
  const top = ceiling(config);
  const size = Math.min(census.desired + Math.min(now.size - census.have - back, step), top);
  const standing = Math.min(state.ordered?.size ?? 0, census.desired + missing, top);

  if (now.wish !== undefined && size > Math.max(census.desired, standing))
    return grow(state, size, now.wish, situation);
  if (state.ordered !== null && standing > census.desired) {
    if (ask(state, 'grow', nowMs) !== null) return grow(state, standing, state.ordered, situation);
    return wait('ordered', `${standing} instances are ordered and the fleet has ${census.desired}`);
  }
  if (left > 0) return wait('cooldown-out', `scale-out waits ${seconds(left)} for its cooldown`);
  return wait('ceiling', `but ${census.desired} instances exist and ${top} is the limit`);
}

function grow(
  state: ScalingState,
  size: number,
  { rule, text }: Pick<Wish, 'rule' | 'text'>,
  { census, nowMs }: Situation,
): Step {
  const reason: Reason = { rule, code: 'grow', text: `from ${census.desired} to ${size} instances: ${text}` };
  return {
    state: { ...state, ordered: { size, rule, text }, asked: { ...state.asked, grow: nowMs } },
    actions: [{ kind: 'grow', size, reason }],
    // What an operator wanted stays for a while: the rules do not take it away at once.
    stamps: rule === 'operator' ? ['out', 'in'] : ['out'],
    reason,
  };
}
