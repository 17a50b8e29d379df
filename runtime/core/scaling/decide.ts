import type { ScalingConfig } from '../config/scaling';
import { NO_ORDERS, said, type Word } from '../orders/standing';
import { type Census, type Situation, takeCensus } from './census';
import { peakLoad, remember, rememberRefusals } from './history';
import { scaleIn } from './in';
import { followDrains, followNotices, takeLeave } from './leave';
import { followOrders, operatorRule, sizeOver, wantedBack, whilePaused } from './orders';
import { largest, scaleOut, undrain } from './out';
import { followBoots, repair } from './repair';
import { rollingReplacement } from './roll';
import { averageRule } from './rules/average';
import { emergencyRule } from './rules/emergency';
import { forecastRule } from './rules/forecast';
import { historyRule } from './rules/history';
import { minimumRule } from './rules/minimum';
import { scheduleRule } from './rules/schedule';
import type { ScalingState } from './state';
import { hold, type Step } from './step';
import type { Direction, Reason, ScalingNode, ScalingSample, Wish } from './types';

/** What is to be done now, the state for the next step, and why; also when nothing is done. */
export interface Decision extends Step {
  /** Why an operator's order for a size is over. @default it is not, or there is none */
  readonly sizeOver?: string;
}

/**
 * One step of a cluster's autoscaler: pure, and the same in production, tests and the simulator. Call it about once a second.
 *
 * Store `state` and the `stamps` first, then perform the actions one at a time; when they cannot be stored, drop the decision
 * and its state. Order of what competes: out beats in, both beat a rolling replacement, and nothing is taken away on a sample
 * that is missing, stale or partial.
 *
 * @param sample null when there is none.
 * @param nowMs Unix time in milliseconds; may jump.
 */
export function decide(
  state: ScalingState,
  sample: ScalingSample | null,
  nowMs: number,
  config: ScalingConfig,
): Decision {
  if (sample === null) return hold(state, unknown('missing', 'nothing is known of the nodes'));
  const ageMs = Math.abs(nowMs - sample.atMs);
  if (ageMs > config.staleAfterMs) {
    return hold(state, unknown('stale', `what is known of the nodes is ${Math.round(ageMs / 1000)} s old`));
  }
  const leaving = followNotices(followDrains(state, sample, nowMs), sample, nowMs);
  const seen = followBoots(followOrders(leaving, sample, nowMs), sample, nowMs);
  const followed = rememberRefusals(seen, sample.refused, nowMs, config);
  const census = takeCensus(followed, sample, nowMs, config);
  const remembered = remember(followed, census.load, nowMs, config);
  const { paused } = sample.orders ?? NO_ORDERS;
  const wanted = wantedBack(sample, census);
  const back = undrain(remembered, wanted, 'operator', 'an operator wants it back');
  const situation: Situation = { sample, census: without(census, wanted), nowMs, config };
  const wishes = [...wishesOf(remembered, situation.census, nowMs, config), operatorRule(sample, nowMs)];
  const resized = paused === null ? resize(back.state, wishes, situation) : pausedBy(paused, back.state);

  const stay = new Set(resized.actions.flatMap((action) => (action.kind === 'undrain' ? [action.nodeId] : [])));
  const { leaving: going } = situation.census;
  const leaves = { ...situation.census, leaving: going.filter(({ nodeId }) => !stay.has(nodeId)) };
  const left = takeLeave(resized.state, { ...situation, census: leaves });
  const repaired = repair(left.state, situation);
  const leave = paused === null ? left.actions : whilePaused(left.actions);
  const actions = [...back.actions, ...resized.actions, ...leave, ...repaired.actions];
  const over = sizeOver(wishes, situation.census, sample, nowMs);
  return {
    state: repaired.state,
    actions,
    stamps: [...new Set([...missingStamps(sample), ...resized.stamps])],
    reason: resized.reason,
    ...(over !== null && { sizeOver: over }),
  };
}

/** These leaving nodes come back: they are capacity to come. */
function without(census: Census, back: readonly ScalingNode[]): Census {
  if (back.length === 0) return census;
  const leaving = census.leaving.filter((node) => !back.includes(node));
  return { ...census, leaving, have: census.have + back.length, coming: census.coming + back.length };
}

/** Nothing is started, and no order to the fleet is repeated. */
function pausedBy(word: Word, state: ScalingState): Step {
  const text = `unchanged: paused by ${said(word)}`;
  return hold({ ...state, ordered: null }, { rule: 'operator', code: 'paused', text });
}

/** What each rule wants. */
function wishesOf(state: ScalingState, census: Census, nowMs: number, config: ScalingConfig): Wish[] {
  return [
    minimumRule(census, config),
    emergencyRule(census, state, nowMs, config),
    averageRule(census, peakLoad(state, nowMs, config), config),
    scheduleRule(census, nowMs, config),
    forecastRule(census, state, nowMs, config),
    historyRule(census, state, nowMs, config),
  ];
}

/** At most one of: out, a step of the rolling replacement, in. */
function resize(state: ScalingState, wishes: readonly Wish[], situation: Situation): Step {
  const { sample, census, config } = situation;
  const arrived = state.ordered !== null && state.ordered.size <= census.desired;
  // Without its stamp nobody knows how old an order is: "just scaled" holds for it as well.
  const forgotten = sample.cooldowns?.outAgoMs === null;
  const current = arrived || forgotten ? { ...state, ordered: null } : state;
  const out = scaleOut(current, wishes, situation);
  if (out !== null) return { ...out, state: raiseBase(out.state, largest(wishes, config).size) };
  const enough: ScalingState = { ...state, ordered: null };
  const roll = rollingReplacement(enough, situation);
  if (roll !== null) return roll;
  const rolled: ScalingState = sample.group === null ? enough : { ...enough, roll: null };
  return scaleIn(rolled, wishes, situation);
}

/** What was needed during a rolling replacement stays when it is over. */
function raiseBase(state: ScalingState, size: number): ScalingState {
  return state.roll === null ? state : { ...state, roll: { ...state.roll, base: Math.max(state.roll.base, size) } };
}

/** A missing stamp means "just scaled" (S5): it is written as of now, so that the cooldown ends some day. */
function missingStamps({ cooldowns }: ScalingSample): Direction[] {
  const missing: Direction[] = [];
  if (cooldowns?.outAgoMs === null) missing.push('out');
  if (cooldowns?.inAgoMs === null) missing.push('in');
  return missing;
}

function unknown(code: string, text: string): Reason {
  return { rule: 'sample', code, text: `unchanged: ${text}` };
}
