import { describe, expect, it } from '@jest/globals';
import {
  decideLease,
  epochFloor,
  INITIAL_LEASE,
  isPlausibleEpoch,
  type LeasePeer,
  type LeaseSample,
  type LeaseState,
  leaseTaken,
  ownedEpoch,
} from '../../../runtime/core/lease';

const CONFIG = { ttlMs: 3_000, marginMs: 500, peerSilentMs: 1_500, startGraceMs: 5_000 };
const NOW = 100_000;
const owner = leaseTaken(INITIAL_LEASE, 10, NOW - 100, CONFIG);
const mine = { owner: 'b1/x', epoch: 10 };
const theirs = { owner: 'b2/x', epoch: 10 };

function peer(over: Partial<LeasePeer> = {}, view: Partial<NonNullable<LeasePeer['view']>> = {}): LeasePeer {
  return {
    silentMs: 0,
    steady: true,
    deniedAgoMs: 0,
    view: { owner: 'b2/x', home: false, canRenew: true, claim: 0, ...view },
    ...over,
  };
}

function decide(state: LeaseState, over: Partial<LeaseSample>, nowMs = NOW) {
  const sample = { me: 'b1/x', home: true, registry: { lease: null, epoch: 10 }, reported: 0, peer: peer(), ...over };
  const step = decideLease(state, sample, nowMs, CONFIG);
  return { ...step, kind: step.action.kind };
}

describe('a free lease', () => {
  const known = { ...INITIAL_LEASE, known: 10 };
  const last = { claim: 10 };

  it.each([
    ['the peer was the last owner and will renew', peer({}, last), 'none'],
    ['a silent peer was, but not for long', peer({ silentMs: 1_499 }, last), 'none'],
    ['a silent peer was', peer({ silentMs: 1_500 }, last), 'acquire'],
    ['the peer was, and says that it cannot renew', peer({}, { ...last, canRenew: false }), 'acquire'],
    ['nobody says so, and this is its home', peer(), 'acquire'],
    ['there is no other balancer', null, 'acquire'],
  ] as const)('%s: %#', (_, other, kind) => {
    expect(decide(known, { peer: other }).kind).toBe(kind);
  });

  it("is left to the peer when it is the peer's home and nobody owned it last", () => {
    expect(decide(known, { home: false, peer: peer({}, { home: true }) }).kind).toBe('none');
  });

  it('that nobody ever held goes to the home balancer on the word of the peer, to the other only after a grace time', () => {
    const registry = { lease: null, epoch: 0 };
    expect(decide(INITIAL_LEASE, { registry }).kind).toBe('acquire');
    const silent = (silentMs: number) => peer({ silentMs, view: null });
    const seen = { ...INITIAL_LEASE, freeSinceMs: NOW - 3_000, lookedMs: NOW - 500 };
    expect(decide(seen, { registry, peer: silent(0) }).kind).toBe('acquire');
    expect(decide({ ...seen, freeSinceMs: NOW - 2_900 }, { registry, peer: silent(0) }).kind).toBe('none');
    expect(decide(seen, { registry, home: false, peer: silent(4_900) }).kind).toBe('none');
    expect(decide(seen, { registry, home: false, peer: silent(5_000) }).kind).toBe('acquire');
  });

  it('of an emptied registry is taken again by who owned it, and by another only when no old lease can be left', () => {
    const registry = { lease: null, epoch: 0 };
    expect(decide(owner, { registry }).kind).toBe('acquire');
    const ranOut = { ...owner, untilMs: NOW - 10_000 };
    expect(decide(ranOut, { registry }).kind).toBe('acquire');
    expect(decide(ranOut, { registry, peer: peer({ deniedAgoMs: 750 }) }).kind).toBe('acquire');
    expect(decide(ranOut, { registry, peer: peer({ deniedAgoMs: 751 }) }).kind).toBe('stepDown');
    expect(decide(ranOut, { registry, peer: peer({}, { claim: 9 }) }).kind).toBe('stepDown');
    const gone = peer({ silentMs: 2_000 }, { claim: 10 });
    expect(decide(known, { registry, peer: gone }).kind).toBe('none');
    const seen = { ...known, freeSinceMs: NOW - 3_000, lookedMs: NOW - 500 };
    expect(decide(seen, { registry, peer: gone }).kind).toBe('acquire');
    expect(decide({ ...seen, lookedMs: NOW - 2_000 }, { registry, peer: gone }).kind).toBe('none');
  });

  it('is taken under an epoch above all that were heard of', () => {
    expect(decide(known, { reported: 17 }).action).toEqual({ kind: 'acquire', expected: null, above: 17 });
    const lost = { ...known, freeSinceMs: NOW - 3_000, lookedMs: NOW - 500 };
    expect(decide(lost, { peer: peer({ silentMs: 9_000 }, { claim: 23 }) }).action).toMatchObject({ above: 23 });
  });
});

describe('our lease', () => {
  const registry = { lease: mine, epoch: 10 };

  it('is renewed, and ends earlier for us than for the registry', () => {
    expect(decide(owner, { registry }).action).toEqual({ kind: 'renew', lease: mine });
    expect(ownedEpoch(owner, NOW - 100 + 2_499)).toBe(10);
    expect(ownedEpoch(owner, NOW - 100 + 2_500)).toBeNull();
  });

  it('is handed over when the peer is at home there and steady, and is not ours from that moment', () => {
    const home = peer({}, { home: true });
    const step = decide(owner, { registry, home: false, peer: home });
    expect(step.action).toEqual({ kind: 'handOver', expected: mine, to: 'b2/x', above: 10 });
    expect(ownedEpoch(step.state, NOW)).toBeNull();
    for (const unfit of [peer({ steady: false }, { home: true }), peer({}, { home: true, canRenew: false }), peer()]) {
      expect(decide(owner, { registry, home: false, peer: unfit }).kind).toBe('renew');
    }
    expect(decide(owner, { registry, peer: home }).kind).toBe('renew');
  });

  it('that the peer wrote for us is taken up, unless a higher epoch is known', () => {
    const handed = { lease: { owner: 'b1/x', epoch: 12 }, epoch: 12 };
    expect(decide(INITIAL_LEASE, { registry: handed }).action).toEqual({ kind: 'renew', lease: handed.lease });
    expect(decide({ ...INITIAL_LEASE, known: 13 }, { registry: handed }).kind).toBe('none');
    expect(decide(owner, { registry, peer: peer({}, { claim: 11 }) }).kind).toBe('stepDown');
  });

  it('gets a new epoch when a node has seen a higher one', () => {
    expect(decide(owner, { registry, reported: 15 }).action).toEqual({ kind: 'acquire', expected: mine, above: 15 });
  });

  it('is over when somebody else has it, and once', () => {
    const step = decide(owner, { registry: { lease: theirs, epoch: 11 } });
    expect([step.kind, ownedEpoch(step.state, NOW)]).toEqual(['stepDown', null]);
    expect(decide(step.state, { registry: { lease: theirs, epoch: 11 } }).kind).toBe('none');
  });

  it('stands while the registry is silent, until it runs out', () => {
    expect(decide(owner, { registry: null }).kind).toBe('none');
    const step = decide(owner, { registry: null }, NOW + 2_400);
    expect(step.kind).toBe('stepDown');
    expect(decide(step.state, { registry: null }, NOW + 2_900).kind).toBe('none');
  });
});

it('epochs are above the clock and exact, and a node cannot use them up', () => {
  const clockMs = Date.UTC(2100, 0, 1);
  expect(Number.isSafeInteger(epochFloor(0, clockMs) + 1_024)).toBe(true);
  expect(epochFloor(5, clockMs)).toBeGreaterThan(clockMs);
  expect(isPlausibleEpoch(epochFloor(0, clockMs), clockMs)).toBe(true);
  for (const wild of [Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, 1e300, 1.5]) {
    expect(isPlausibleEpoch(wild, clockMs)).toBe(false);
  }
});
