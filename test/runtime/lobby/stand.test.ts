import { describe, expect, it } from '@jest/globals';
import { isDeliveryDue, isTimeUp, type Stand, settle } from '../../../runtime/lobby/stand';
import type { Match } from '../../../runtime/registry/types';

const match: Match = { roomId: 'r-1', mode: 'duel', pool: 'default', members: ['a', 'b'], deadlineMs: 20_000 };
const matched: Stand = { kind: 'matched', match, acknowledged: true, sentAtMs: 5 };
const playerId = 'a';

describe('settle', () => {
  it('begins the time limit when the registry knows of the player, and not anew at each heartbeat', () => {
    const waiting = settle({ kind: 'entering', sinceMs: null }, { playerId, state: 'waiting', enteredAtMs: 1 }, 100);
    expect(waiting).toEqual({ kind: 'waiting', sinceMs: 100 });
    expect(waiting && settle(waiting, { playerId, state: 'waiting', enteredAtMs: 1 }, 200)).toEqual(waiting);
  });

  it('lets a second ENTER for the same queue not prolong the waiting', () => {
    const again = settle({ kind: 'entering', sinceMs: 7 }, { playerId, state: 'waiting', enteredAtMs: 1 }, 100);
    expect(again).toEqual({ kind: 'waiting', sinceMs: 7 });
  });

  it('delivers a match once, and another one again', () => {
    expect(settle(matched, { playerId, state: 'matched', match }, 100)).toBe(matched);
    const other = { ...match, roomId: 'r-2' };
    expect(settle(matched, { playerId, state: 'matched', match: other }, 100)).toEqual({
      kind: 'matched',
      match: other,
      acknowledged: false,
      sentAtMs: null,
    });
  });

  it('makes a waiting player, with all the time again, of one whose match was dissolved', () => {
    expect(settle(matched, { playerId, state: 'waiting', enteredAtMs: 1 }, 100)).toEqual({
      kind: 'waiting',
      sinceMs: 100,
    });
  });

  it('lets go of a player whose match is over, but enters again one who never learned of it', () => {
    expect(settle(matched, { playerId, state: 'gone' }, 100)).toBeNull();
    expect(settle({ ...matched, acknowledged: false }, { playerId, state: 'gone' }, 100)).toEqual({
      kind: 'entering',
      sinceMs: null,
    });
  });

  it('lets go of a player who entered elsewhere', () => {
    expect(settle({ kind: 'waiting', sinceMs: 1 }, { playerId, state: 'replaced' }, 100)).toBeNull();
  });
});

describe('isDeliveryDue', () => {
  it('is so at first, and again after the time to resend, until acknowledged', () => {
    const unlearned: Stand = { kind: 'matched', match, acknowledged: false, sentAtMs: null };
    expect(isDeliveryDue(unlearned, 0, 2_000)).toBe(true);
    expect(isDeliveryDue({ ...unlearned, sentAtMs: 1_000 }, 2_999, 2_000)).toBe(false);
    expect(isDeliveryDue({ ...unlearned, sentAtMs: 1_000 }, 3_000, 2_000)).toBe(true);
    expect(isDeliveryDue(matched, 9_999, 2_000)).toBe(false);
  });
});

describe('isTimeUp', () => {
  it('is so for those who wait, from the limit on', () => {
    expect(isTimeUp({ kind: 'waiting', sinceMs: 0 }, 59_999, 60_000)).toBe(false);
    expect(isTimeUp({ kind: 'waiting', sinceMs: 0 }, 60_000, 60_000)).toBe(true);
    expect(isTimeUp({ kind: 'entering', sinceMs: 0 }, 90_000, 60_000)).toBe(false);
    expect(isTimeUp(matched, 90_000, 60_000)).toBe(false);
  });
});
