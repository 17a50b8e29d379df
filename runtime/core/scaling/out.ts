import type { ScalingConfig } from '../config/scaling';
import type { Census } from './census';
import type { ScalingState } from './state';
import { ask, cooldownLeft, hold, type Step, seconds } from './step';
import type { Action, Reason, RuleName, ScalingNode, ScalingSample, Wish } from './types';

/** Nodes that may exist above the maximum while others leave. */
export function surge(base: number, config: ScalingConfig): number {
  return Math.max(1, Math.ceil(base * config.roll.surgeFraction));
}

/** The most instances that the fleet is ever asked for; those that drain count. */
export function ceiling(config: ScalingConfig): number {
  return config.maximum + surge(config.maximum, config);
}

/** Draining nodes that can be had back, best first: of the wanted version, with the most players, by id. */
export function drainingNodes(census: Census, wantedVersion: string | null): ScalingNode[] {
  const old = (node: ScalingNode): number => (node.version === wantedVersion ? 0 : 1);
  return census.leaving
    .filter((node) => node.phase !== 'sealed' && node.health === 'green')
    .sort((a, b) => old(a) - old(b) || b.sessions - a.sessions || (a.nodeId < b.nodeId ? -1 : 1));
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
 * More nodes, when any rule wants more than there are: first those that drain, then new ones. The size ordered is kept until
 * the fleet has it, so that a lost request is repeated. Null when there are enough.
 */
export function scaleOut(
  before: ScalingState,
  wishes: readonly Wish[],
  census: Census,
  sample: ScalingSample,
  nowMs: number,
  config: ScalingConfig,
): Step | null {
  const want = largest(wishes, config);
  if (want.wish === undefined || want.size <= census.have) return null;
  const { rule, text: cause } = want.wish;

  const back = drainingNodes(census, sample.group?.wantedVersion ?? null).slice(0, want.size - census.have);
  const { state, actions } = undrain(before, back, rule, cause);
  const missing = want.size - census.have - back.length;
  const wait = (code: string, text: string): Step => ({
    ...hold(state, { rule, code, text: `${text}: ${cause}` }),
    actions,
  });
  if (missing === 0) return wait('undrain', `${back.length} draining nodes taken back`);
  if (sample.group === null) return wait('fleet-silent', `${missing} nodes missing, but the fleet does not answer`);
  if (sample.cooldowns === null)
    return wait('registry-silent', `${missing} nodes missing, but no cooldown can be stored`);

  const grow = (size: number, { rule, text }: Pick<Wish, 'rule' | 'text'>): Step => {
    const reason: Reason = { rule, code: 'grow', text: `from ${census.desired} to ${size} instances: ${text}` };
    return {
      state: { ...state, ordered: { size, rule, text }, asked: { ...state.asked, grow: nowMs } },
      actions: [...actions, { kind: 'grow', size, reason }],
      stamps: ['out'],
      reason,
    };
  };
  const top = ceiling(config);
  const { ordered } = state;
  const standing = Math.min(ordered?.size ?? 0, census.desired + missing, top);
  const left = cooldownLeft(sample.cooldowns.outAgoMs, config.out.cooldownMs);
  const now =
    left === 0
      ? want
      : largest(
          wishes.filter((wish) => wish.urgent),
          config,
        );
  const step = Math.max(config.out.stepNodes, Math.ceil(census.have * config.out.stepFraction));
  const size = Math.min(census.desired + Math.min(now.size - census.have - back.length, step), top);

  if (now.wish !== undefined && size > Math.max(census.desired, standing)) return grow(size, now.wish);
  if (ordered !== null && standing > census.desired) {
    if (ask(state, 'grow', nowMs) !== null) return grow(standing, ordered);
    return wait('ordered', `${standing} instances are ordered, the fleet has ${census.desired}`);
  }
  if (left > 0)
    return wait('cooldown-out', `${missing} nodes missing, scale-out waits ${seconds(left)} for its cooldown`);
  return wait('ceiling', `${missing} nodes missing, but ${census.desired} instances exist and ${top} is the limit`);
}
