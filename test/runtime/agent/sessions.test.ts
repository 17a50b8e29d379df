import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Sessions } from '../../../runtime/agent/sessions';

const GRACE_MS = 3_000;

describe('sessions', () => {
  it('begin without a connection and end when none comes in time', () => {
    const sessions = new Sessions<string>(GRACE_MS);
    sessions.admit('alice', 'rid-1', undefined, 0);
    expect([sessions.size, sessions.connected]).toEqual([1, 0]);
    expect(sessions.expire(GRACE_MS - 1)).toEqual([]);
    expect(sessions.expire(GRACE_MS).map((session) => session.playerId)).toEqual(['alice']);
    expect(sessions.size).toBe(0);
  });

  it('without any grace time still wait for their connection, and end with it', () => {
    const sessions = new Sessions<string>(0);
    const session = sessions.admit('alice', 'rid-1', undefined, 0);
    expect(sessions.expire(1_999)).toEqual([]);
    expect(sessions.open(session, 'first', undefined)).toEqual({ replaced: null });
    expect(sessions.expire(60_000)).toEqual([]);
    sessions.lost(session, 'first', 60_000);
    sessions.admit('bob', 'rid-2', undefined, 60_000);
    expect(sessions.expire(60_000)).toEqual([session]);
    expect(sessions.expire(62_000).map(({ playerId }) => playerId)).toEqual(['bob']);
  });

  it('belong to the newest connection: losing an older one changes nothing', () => {
    const sessions = new Sessions<string>(GRACE_MS);
    const session = sessions.admit('alice', 'rid-1', undefined, 0);
    expect(sessions.open(session, 'first', undefined)).toEqual({ replaced: null });
    expect(sessions.admit('alice', 'rid-2', undefined, 1)).toBe(session);
    expect(sessions.open(session, 'second', undefined)).toEqual({ replaced: 'first' });
    sessions.lost(session, 'first', 2);
    expect(sessions.connected).toBe(1);
    expect(sessions.expire(10_000)).toEqual([]);
    sessions.lost(session, 'second', 3);
    expect(sessions.expire(3 + GRACE_MS)).toEqual([session]);
  });

  it('keep the token a client came with until it is known to have the next one', () => {
    const sessions = new Sessions<string>(GRACE_MS);
    const session = sessions.admit('alice', 'rid', undefined, 0);
    sessions.open(session, 'first', undefined);
    const firstToken = session.token;
    sessions.lost(session, 'first', 0);
    sessions.open(session, 'second', firstToken);
    expect(session.token).not.toBe(firstToken);
    // The connection breaks before SESSION has come through: the client can only come with what it has.
    sessions.lost(session, 'second', 0);
    const unseen = session.token;
    expect(sessions.byToken(firstToken)).toBe(session);
    sessions.open(session, 'third', firstToken);
    expect(sessions.byToken(unseen)).toBeUndefined();
    sessions.confirm(session, 'third');
    expect(sessions.byToken(firstToken)).toBeUndefined();
    expect(sessions.byToken(session.token)).toBe(session);
  });

  it('end once, and nothing of them stays', () => {
    const sessions = new Sessions<string>(GRACE_MS);
    const session = sessions.admit('alice', 'rid', undefined, 0);
    sessions.open(session, 'first', undefined);
    expect(sessions.end(session)).toBe(true);
    expect(sessions.end(session)).toBe(false);
    expect(sessions.byToken(session.token)).toBeUndefined();
    expect(sessions.open(session, 'second', undefined)).toBeUndefined();
    expect([sessions.size, sessions.connected]).toEqual([0, 0]);
  });

  it('are counted right whatever happens', () => {
    const player = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ticket' as const), player }),
      fc.record({ kind: fc.constant('resume' as const), player }),
      fc.record({ kind: fc.constant('lose' as const), player }),
      fc.record({ kind: fc.constant('leave' as const), player }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2 * GRACE_MS }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sessions = new Sessions<number>(GRACE_MS);
        /** Player → its connection, and since when it has none. */
        const model = new Map<string, { token: string; connection: number | null; lostAtMs: number }>();
        let nowMs = 0;
        let connections = 0;
        for (const step of steps) {
          const known = step.kind === 'wait' ? undefined : model.get(step.player);
          if (step.kind === 'wait') {
            nowMs += step.ms;
            const over = sessions.expire(nowMs).map((session) => session.playerId);
            const expected = [...model].filter(([, m]) => m.connection === null && m.lostAtMs + GRACE_MS <= nowMs);
            expect(new Set(over)).toEqual(new Set(expected.map(([id]) => id)));
            for (const id of over) model.delete(id);
          } else if (step.kind === 'ticket' || (step.kind === 'resume' && known !== undefined)) {
            const token = step.kind === 'resume' ? known?.token : undefined;
            const session =
              token === undefined ? sessions.admit(step.player, 'rid', undefined, nowMs) : sessions.byToken(token);
            if (session === undefined) throw new Error('a live session has a valid token');
            connections += 1;
            expect(sessions.open(session, connections, token)).toEqual({ replaced: known?.connection ?? null });
            model.set(step.player, { token: session.token, connection: connections, lostAtMs: 0 });
          } else if (known !== undefined) {
            const session = sessions.byToken(known.token);
            if (session === undefined) throw new Error('a live session has a valid token');
            if (step.kind === 'leave') {
              sessions.end(session);
              model.delete(step.player);
            } else if (known.connection !== null) {
              sessions.lost(session, known.connection, nowMs);
              known.connection = null;
              known.lostAtMs = nowMs;
            }
          }
          expect(sessions.size).toBe(model.size);
          expect(sessions.connected).toBe([...model.values()].filter((m) => m.connection !== null).length);
        }
      }),
      { numRuns: 300 },
    );
  });
});
