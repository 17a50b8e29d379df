import type { ScalingConfig } from '../config/scaling';
import { noteLoad } from './seasons';
import type { ScalingState } from './state';
import { trendOf } from './trend';

/** Points within a window: enough for a robust slope, few enough to be quick. */
const POINTS = 24;

type Series = ScalingState['history'];

/** Adds the load of this moment to the histories, and takes the trend anew with each new point. Those of another metric are forgotten. */
export function remember(before: ScalingState, load: number, nowMs: number, config: ScalingConfig): ScalingState {
  const state = before.metric === config.metric ? before : forgotten(before, config);
  const peaks = addPeak(state.peaks, load, nowMs, config.in.stabiliseMs);
  const past = config.history === null ? null : noteLoad(state.past, load, nowMs);
  if (config.forecast === null) return { ...state, peaks, past };
  const { windowMs } = config.forecast;
  if (isOpen(state.history, nowMs, windowMs)) return { ...state, peaks, past };
  const history = append(state.history, load, nowMs, windowMs);
  return { ...state, peaks, past, history, trend: trendOf(history) };
}

function forgotten(state: ScalingState, { metric }: ScalingConfig): ScalingState {
  return { ...state, metric, history: [], peaks: [], trend: null, past: null };
}

/** The highest load of the stabilisation time; null while the history does not reach back that far. */
export function peakLoad({ peaks }: ScalingState, nowMs: number, config: ScalingConfig): number | null {
  const oldest = peaks[0];
  if (oldest === undefined || nowMs - oldest.atMs < config.in.stabiliseMs) return null;
  return peaks.reduce((highest, { load }) => Math.max(highest, load), 0);
}

function addPeak(peaks: Series, load: number, nowMs: number, windowMs: number): Series {
  const last = peaks.at(-1);
  if (last === undefined || !isOpen(peaks, nowMs, windowMs)) return append(peaks, load, nowMs, windowMs);
  return load <= last.load ? peaks : [...peaks.slice(0, -1), { ...last, load }];
}

/** Whether this moment still belongs to the last point. */
function isOpen(series: Series, nowMs: number, windowMs: number): boolean {
  const last = series.at(-1);
  return last !== undefined && nowMs >= last.atMs && nowMs - last.atMs < windowMs / POINTS;
}

/**
 * Keeps the points of the window and the one that reaches into it. Points from the future are dropped: they are of a clock that
 * was set back since. After a gap of half a window nothing is known of the time between, so the series begins anew.
 */
function append(series: Series, load: number, nowMs: number, windowMs: number): Series {
  const past = series.filter(({ atMs }) => atMs < nowMs);
  const last = past.at(-1);
  if (last === undefined || nowMs - last.atMs > windowMs / 2) return [{ atMs: nowMs, load }];
  const kept = past.filter((_, i) => nowMs - (past[i + 1]?.atMs ?? nowMs) < windowMs);
  return [...kept, { atMs: nowMs, load }];
}

/** Notes refused joins, and forgets those that no longer count. */
export function rememberRefusals(
  state: ScalingState,
  refused: number,
  nowMs: number,
  config: ScalingConfig,
): ScalingState {
  if (refused === 0 && state.refusals.length === 0) return state;
  const windowMs = config.emergency?.windowMs ?? 0;
  const refusals = state.refusals.filter(({ atMs }) => atMs <= nowMs && nowMs - atMs < windowMs);
  if (refused > 0 && windowMs > 0) refusals.push({ atMs: nowMs, count: refused });
  return { ...state, refusals };
}
