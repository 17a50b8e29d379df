import { describe, expect, it } from '@jest/globals';
import { INITIAL_PEER, isSteady, type PeerSample, type PeerState, stepPeer } from '../../../runtime/core/peer';

const CONFIG = { pingMs: 500, silentMs: 1_500, steadyMs: 2_500 };
const HEARD: PeerSample = { heard: true, startId: 's1', fit: true };
const SILENT: PeerSample = { ...HEARD, heard: false };

/** So many periods of the same, from where the state is. */
function periods(state: PeerState, sample: PeerSample, count: number): PeerState {
  let next = state;
  for (let i = 0; i < count; i++) next = stepPeer(next, sample, (next.atMs ?? 0) + CONFIG.pingMs, CONFIG);
  return next;
}

const steady = (state: PeerState) => isSteady(state, state.atMs ?? 0, CONFIG);
/** Periods until it is steady. */
function periodsToSteady(state: PeerState): number {
  for (let count = 1; count < 200; count++) if (steady(periods(state, HEARD, count))) return count;
  return Number.POSITIVE_INFINITY;
}

describe('silence', () => {
  it('is counted in questions without an answer, and ends with one', () => {
    const heard = periods(INITIAL_PEER, HEARD, 3);
    expect(heard.silentMs).toBe(0);
    expect(periods(heard, SILENT, 3).silentMs).toBe(1_500);
    expect(periods(periods(heard, SILENT, 3), HEARD, 1).silentMs).toBe(0);
  });

  it('is not counted over a pause of our own, but is when we are slow for good', () => {
    const heard = periods(INITIAL_PEER, HEARD, 3);
    const afterPause = stepPeer(heard, SILENT, 60_000, CONFIG);
    expect(afterPause.silentMs).toBe(0);
    expect(stepPeer(afterPause, SILENT, 62_000, CONFIG).silentMs).toBe(500);
  });
});

describe('a peer', () => {
  it('is steady once it has been there, and fit, for long enough', () => {
    expect(periodsToSteady(INITIAL_PEER)).toBe(6);
    expect(steady(periods(INITIAL_PEER, { ...HEARD, fit: false }, 20))).toBe(false);
    expect(steady(periods(INITIAL_PEER, { heard: false, startId: null, fit: false }, 20))).toBe(false);
  });

  it('starts its stay anew when it was away, unfit, or restarted', () => {
    const there = periods(INITIAL_PEER, HEARD, 20);
    for (const sample of [
      { ...HEARD, fit: false },
      { ...HEARD, startId: 's2' },
    ]) {
      expect(steady(periods(there, sample, 1))).toBe(false);
    }
    expect(steady(periods(there, SILENT, 2))).toBe(true);
    expect(steady(periods(there, SILENT, 3))).toBe(false);
  });

  it('that comes and goes must stay longer each time, up to a bound; one that stayed starts afresh', () => {
    const waits: number[] = [];
    let state = INITIAL_PEER;
    for (let round = 0; round < 9; round++) {
      waits.push(periodsToSteady(state));
      state = periods(periods(state, HEARD, 6), SILENT, 4);
    }
    expect(waits).toEqual([6, 6, 6, 11, 21, 41, 81, 81, 81]);
    const stayed = periods(periods(state, HEARD, 162), SILENT, 4);
    expect(periodsToSteady(stayed)).toBe(6);
  });
});
