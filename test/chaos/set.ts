import type { Fault } from './schedule';

/** The balancer that players ask directly, around the death of the other: to see that its API answers every request. */
export const ASKED_DIRECTLY = { machine: 'balancer-b', untilMs: 24_000 };

/** When each part of the set begins, in milliseconds from the begin of the run. */
export const PARTS = { killedMs: 8_000, pausedMs: 26_000, apartMs: 56_000, lateMs: 80_000, endMs: 102_000 };

/** How long the owner is paused, in milliseconds. */
export const PAUSE_MS = 20_000;

/** The faults that every change has to stand: the tests say what must be seen of each. `balancer-a` owns the lobby at first. */
export const FIXED_SET: readonly Fault[] = [
  { atMs: PARTS.killedMs, what: 'kill', target: 'balancer-a', forMs: 7_000 },
  { atMs: PARTS.pausedMs, what: 'pause', target: 'balancer-a', forMs: PAUSE_MS },
  { atMs: PARTS.apartMs, what: 'half-open', target: 'balancers→balancers', forMs: 15_000 },
  // Its writes reach Redis after its lease has run out and the other has it.
  { atMs: PARTS.lateMs, what: 'delay', target: 'balancer-a→redis', delayMs: 4_000, forMs: 12_000 },
];
