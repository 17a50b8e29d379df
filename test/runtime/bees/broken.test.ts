import { describe, expect, it } from '@jest/globals';
import { Places } from '../../../runtime/bees/broken';
import type { LinkReport } from '../../../runtime/client';

const EXPIRES = 10_000;

function asked(nodeId: string, role: 'lobby' | 'game' = 'game'): LinkReport {
  const answer = { endpoint: 'http://127.0.0.1:1', ticket: 't', expiresAt: new Date(EXPIRES).toISOString(), nodeId };
  return { kind: 'asked', role, nodeId, answer, tookMs: 1 };
}
const opened = (nodeId: string): LinkReport => ({ kind: 'opened', role: 'game', nodeId, resumed: false, tookMs: 1 });
const closed = (nodeId: string, reason: string): LinkReport => ({ kind: 'closed', role: 'game', nodeId, reason });

/** What was lost, report by report, a second apart. */
function course(...reports: readonly LinkReport[]) {
  const places = new Places('p');
  return reports.map((report, second) => places.note(report, second * 1_000));
}

describe('the places of a player', () => {
  it('end well when the player leaves', () => {
    expect(course(asked('a'), opened('a'), closed('a', 'io client disconnect'))).toEqual([null, null, null]);
  });

  it.each(['transport close', 'ping timeout', 'io server disconnect'])('are lost by: %s', (reason) => {
    const lost = { playerId: 'p', nodeId: 'a', fromMs: 0, untilMs: 2_000 };
    expect(course(asked('a'), opened('a'), closed('a', reason))).toEqual([null, null, lost]);
  });

  it('are lost again when a resumed connection breaks', () => {
    const lost = { playerId: 'p', nodeId: 'a', fromMs: 3_000, untilMs: 4_000 };
    const resumed = course(
      asked('a'),
      opened('a'),
      closed('a', 'transport close'),
      opened('a'),
      closed('a', 'transport close'),
    );
    expect(resumed.at(-1)).toEqual(lost);
  });

  it('are lost with a ticket that led nowhere: until it expires', () => {
    const lost = { playerId: 'p', nodeId: 'a', fromMs: 0, untilMs: EXPIRES };
    expect(course(asked('a'), asked('b'), opened('b'))).toEqual([null, lost, null]);
  });

  it('are the same with a second ticket for the same node, since the first', () => {
    const lost = { playerId: 'p', nodeId: 'a', fromMs: 0, untilMs: EXPIRES };
    expect(course(asked('a'), asked('a'), asked('b'))).toEqual([null, null, lost]);
  });

  it('are told apart by role: a lobby ticket is no game ticket', () => {
    expect(course(asked('l', 'lobby'), asked('g'), opened('g'))).toEqual([null, null, null]);
  });
});
