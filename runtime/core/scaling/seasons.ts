import { DAY_SLOTS, SLOT_MS, WEEK_SLOTS } from './slots';
import type { ScalingState } from './state';

/** Today is compared with the day before over the last hour, when at least half of it is known of both. */
const COMPARED_SLOTS = 12;
/** A day is like another only within these bounds: a crowd that is here for another reason says nothing of what comes. */
const LEAST_RATIO = 0.5;
const MOST_RATIO = 1.25;

export type Past = ScalingState['past'];

/** Notes the load of this moment. A clock that was set back adds nothing until it is where it was; one that is far off starts anew. */
export function noteLoad(past: Past, load: number, nowMs: number): Past {
  const slot = Math.floor(nowMs / SLOT_MS);
  if (past === null || Math.abs(slot - past.slot) > WEEK_SLOTS) return { slot, peak: load, peaks: [] };
  if (slot < past.slot || (slot === past.slot && load <= past.peak)) return past;
  if (slot === past.slot) return { ...past, peak: load };
  const unknown = new Array<null>(slot - past.slot - 1).fill(null);
  const peaks = [...past.peaks, Math.round(past.peak * 100) / 100, ...unknown].slice(-WEEK_SLOTS);
  return { slot, peak: load, peaks };
}

/**
 * The highest load to come until then, by the same time of the day before and of the week before, each as much larger or smaller as the last
 * hour was. Null when nothing is known of those times.
 */
export function loadToCome(past: Past, nowMs: number, untilMs: number): number | null {
  if (past === null) return null;
  const first = Math.floor(nowMs / SLOT_MS);
  const last = Math.floor(untilMs / SLOT_MS);
  let most: number | null = null;
  for (const season of [DAY_SLOTS, WEEK_SLOTS]) {
    const ratio = likeness(past, season);
    for (let slot = first; slot <= last; slot++) {
      const then = peakOf(past, slot - season);
      if (then !== null) most = Math.max(most ?? 0, then * ratio);
    }
  }
  return most;
}

function peakOf({ slot: current, peaks }: NonNullable<Past>, slot: number): number | null {
  return peaks[peaks.length - (current - slot)] ?? null;
}

/** How the last hour compares with the same hour of a season before. */
function likeness(past: NonNullable<Past>, season: number): number {
  let [now, then, known] = [0, 0, 0];
  for (let slot = past.slot - COMPARED_SLOTS; slot < past.slot; slot++) {
    const [a, b] = [peakOf(past, slot), peakOf(past, slot - season)];
    if (a === null || b === null) continue;
    now += a;
    then += b;
    known += 1;
  }
  if (2 * known < COMPARED_SLOTS || then === 0) return 1;
  return Math.min(MOST_RATIO, Math.max(LEAST_RATIO, now / then));
}
