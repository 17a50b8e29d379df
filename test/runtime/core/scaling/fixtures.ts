import { ScalingConfig } from '../../../../runtime/core/config/scaling';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { Action, ScalingNode, ScalingSample } from '../../../../runtime/core/scaling/types';

/** Monday, 2024-01-01 12:00 UTC. */
export const NOON = Date.UTC(2024, 0, 1, 12);

const HOUR = 3_600_000;

/** What the tests count with, whatever the defaults are. */
const ROUND = {
  average: { target: 0.65, outAbove: 0.75, inBelow: 0.5 },
  out: { stepFraction: 1 },
  in: { cooldownMs: HOUR, stepFraction: 0.25 },
};

/** @param input over round numbers, or over a preset. */
export function configOf(
  input: { preset?: string; out?: object; in?: object; [field: string]: unknown } = {},
): ScalingConfig {
  if (input.preset !== undefined) return ScalingConfig.parse(input);
  return ScalingConfig.parse({
    ...ROUND,
    ...input,
    out: { ...ROUND.out, ...input.out },
    in: { ...ROUND.in, ...input.in },
  });
}

/** A green node that has long been up, with room for 100. */
export function node(nodeId: string, fields: Partial<ScalingNode> = {}): ScalingNode {
  const sessions = fields.sessions ?? 0;
  const pending = fields.pending ?? 0;
  return {
    nodeId,
    zone: 'a',
    version: 'v1',
    health: 'green',
    phase: 'open',
    load: sessions + pending,
    sessions,
    pending,
    capacity: 100,
    launchedAtMs: NOON - 10 * HOUR,
    silentMs: 0,
    ...fields,
  };
}

/** `count` green nodes with `sessions` players each: `n0`, `n1`, … */
export function nodes(count: number, sessions = 0, fields: Partial<ScalingNode> = {}): ScalingNode[] {
  return Array.from({ length: count }, (_, i) => node(`n${i}`, { sessions, ...fields }));
}

/** A sample in which all is well and every cooldown is long over. */
export function sampleOf(list: readonly ScalingNode[], fields: Partial<ScalingSample> = {}): ScalingSample {
  return {
    atMs: NOON,
    massFailure: false,
    nodes: list,
    group: { desired: list.length, wantedVersion: 'v1' },
    refused: 0,
    cooldowns: { outAgoMs: 10 * HOUR, inAgoMs: 10 * HOUR },
    ...fields,
  };
}

/** A state that has seen this load for as long as scale-in asks for. */
export function steadyState(load: number, config: ScalingConfig, fields: Partial<ScalingState> = {}): ScalingState {
  return { ...initialState(), metric: config.metric, peaks: peaksUntil(NOON, load, config), ...fields };
}

function peaksUntil(nowMs: number, load: number, { in: { stabiliseMs } }: ScalingConfig): ScalingState['peaks'] {
  return Array.from({ length: 24 }, (_, i) => ({ atMs: nowMs - (stabiliseMs * (24 - i)) / 24, load }));
}

export function kinds(actions: readonly Action[]): string[] {
  return actions.map((action) =>
    'nodeId' in action ? `${action.kind} ${action.nodeId}` : `${action.kind} ${action.size}`,
  );
}

/** One decision, by default at noon, from a state that has seen this load for long. */
export function decideAt(
  sample: ScalingSample,
  config: ScalingConfig,
  state: Partial<ScalingState> = {},
  nowMs = NOON,
): ReturnType<typeof decide> {
  const load = sample.nodes.reduce((sum, { load }) => sum + load, 0);
  const peaks = peaksUntil(nowMs, load, config);
  return decide({ ...steadyState(load, config), peaks, ...state }, { ...sample, atMs: nowMs }, nowMs, config);
}
