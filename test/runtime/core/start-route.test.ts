import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type StartSituation, startRoute, wantsTurn } from '../../../runtime/core/start-route';

const peer = { there: true, hearsUs: true, answers: false, claim: false, placing: false };
const owner: StartSituation = { answers: false, claim: true, turn: false, peer };

const anySituation: fc.Arbitrary<StartSituation> = fc.record({
  answers: fc.boolean(),
  claim: fc.boolean(),
  turn: fc.boolean(),
  peer: fc.option(
    fc.record({
      ...{ there: fc.boolean(), hearsUs: fc.boolean(), answers: fc.boolean(), claim: fc.boolean() },
      placing: fc.boolean(),
    }),
  ),
});

describe('startRoute', () => {
  it.each<readonly [string, StartSituation, ReturnType<typeof startRoute>]>([
    ['the registry answers', { ...owner, answers: true }, 'registry'],
    ['it does not, and it is our turn', { ...owner, turn: true }, 'memory'],
    ['it does not, and it is not our turn yet', owner, 'wait'],
    [
      'it does not, and the other balancer was the last owner',
      { ...owner, claim: false, peer: { ...peer, claim: true } },
      'peer',
    ],
    ['it does not, and nobody was', { ...owner, claim: false }, 'wait'],
    ['it answers the other balancer only', { ...owner, peer: { ...peer, answers: true } }, 'peer'],
    [
      'it answers us, but the other balancer still places rooms',
      { ...owner, answers: true, peer: { ...peer, placing: true } },
      'peer',
    ],
    [
      'it answers us, and who placed rooms is silent',
      { ...owner, answers: true, peer: { ...peer, there: false, placing: true } },
      'registry',
    ],
    ['it does not, and the other balancer is silent', { ...owner, peer: { ...peer, there: false } }, 'wait'],
    [
      'our turn, but the other balancer may have given us up',
      { ...owner, turn: true, peer: { ...peer, hearsUs: false } },
      'wait',
    ],
    ['our turn, and the registry is back: its end is near', { ...owner, turn: true, answers: true }, 'memory'],
    ['we are alone', { ...owner, turn: true, peer: null }, 'memory'],
  ])('%s', (_, situation, route) => {
    expect(startRoute(situation)).toBe(route);
  });

  it('nothing is decided from memory without the turn, and nothing by the registry during a turn', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const route = startRoute(situation);
        if (route === 'memory') expect(situation.turn).toBe(true);
        if (route === 'registry') {
          expect(situation.answers && !situation.turn).toBe(true);
          expect(situation.peer?.there && situation.peer.placing).not.toBe(true);
        }
        if (route === 'peer') expect(situation.peer?.there).toBe(true);
      }),
    );
  });
});

describe('wantsTurn', () => {
  it('only the last owner, only without the registry, and only when the other balancer is there without it as well', () => {
    expect(wantsTurn(owner)).toBe(true);
    expect(wantsTurn({ ...owner, peer: null })).toBe(true);
    const no: StartSituation[] = [
      { ...owner, answers: true },
      { ...owner, claim: false },
      { ...owner, turn: true },
      { ...owner, peer: { ...peer, there: false } },
      { ...owner, peer: { ...peer, hearsUs: false } },
      { ...owner, peer: { ...peer, answers: true } },
      { ...owner, peer: { ...peer, placing: true } },
    ];
    expect(no.map(wantsTurn)).toEqual(no.map(() => false));
  });
});
