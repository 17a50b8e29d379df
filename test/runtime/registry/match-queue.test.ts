import { afterAll, describe, expect, it } from '@jest/globals';
import { matchKeys } from '../../../runtime/registry/keys';
import { RedisMatchQueue } from '../../../runtime/registry/match-queue';
import type { Match, PlayerStanding, WaitingPlayer } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';

const redis = testRedis();
afterAll(() => redis.disconnect());

const START_MS = 1_700_000_000_000;
const SIZES = new Map([
  ['battle', 4],
  ['duel', 2],
]);
const sizeOf = (mode: string) => SIZES.get(mode);

/** A queue of its own with a clock that the test moves. */
function setUp() {
  const stack = testStack();
  let nowMs = START_MS;
  const queue = new RedisMatchQueue({ redis, stack, nowMs: () => nowMs });
  const player = (playerId: string, over: Partial<WaitingPlayer> = {}): WaitingPlayer => ({
    playerId,
    mode: 'duel',
    pool: 'default',
    connectionId: `c-${playerId}`,
    enteredAtMs: nowMs,
    ...over,
  });
  return {
    queue,
    stack,
    player,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** Enters one after the other, a millisecond apart. */
    enter: async (...players: WaitingPlayer[]) => {
      const results = [];
      for (const each of players) {
        results.push(await queue.enter(each, SIZES.get(each.mode) ?? 0));
        nowMs += 1;
      }
      return results;
    },
    sweep: () => queue.sweep(sizeOf),
    standing: async (each: WaitingPlayer): Promise<PlayerStanding> => {
      const [standing] = await queue.heartbeat([each]);
      if (standing === undefined) throw new Error('a standing is expected');
      return standing;
    },
    emptyRedis: () => redis.del(...Object.values(matchKeys(stack, 'lobby'))),
  };
}

const membersOf = (matches: readonly Match[]) => matches.map(({ members }) => [...members].sort());

function only(matches: readonly Match[]): Match {
  const [match] = matches;
  if (match === undefined || matches.length !== 1) throw new Error(`one match is expected, not ${matches.length}`);
  return match;
}

describe('matching', () => {
  it('makes a room of exactly the mode’s size, first come first served', async () => {
    const { queue, enter, player } = setUp();
    const battle = (id: string) => player(id, { mode: 'battle' });
    const results = await enter(battle('a'), battle('b'), battle('c'));
    expect(results.map(({ standing }) => standing.state)).toEqual(['waiting', 'waiting', 'waiting']);
    const [fourth, fifth] = await enter(battle('d'), battle('e'));
    expect(fourth?.standing.state).toBe('matched');
    const match = only(fourth?.made ?? []);
    expect(match.members).toEqual(['a', 'b', 'c', 'd']);
    expect(match.roomId).toMatch(/^r-[A-Za-z0-9_-]{16}$/);
    expect(match.deadlineMs).toBe(START_MS + 3 + 20_000);
    expect(await queue.match(match.roomId)).toEqual({ ...match, status: 'open' });
    expect(fifth?.standing).toEqual({ playerId: 'e', state: 'waiting', enteredAtMs: START_MS + 3 });
  });

  it('goes by the time of entering, not by the order of the calls', async () => {
    const { enter, player, pass } = setUp();
    pass(1_000);
    await enter(player('late'), player('x', { mode: 'battle' }));
    const [, second] = await enter(player('early', { enteredAtMs: START_MS, pool: 'p' }), player('b', { pool: 'p' }));
    expect(second?.made[0]?.members).toEqual(['early', 'b']);
  });

  it('keeps modes and pools apart, also those whose names begin alike', async () => {
    const { queue, enter, player } = setUp();
    const results = await enter(
      player('a', { pool: 'v1' }),
      player('b', { pool: 'v1.1' }),
      player('c', { pool: 'v' }),
      player('d', { mode: 'battle', pool: 'v1' }),
    );
    expect(results.flatMap(({ made }) => made)).toEqual([]);
    const depths = await queue.depths();
    expect(depths).toHaveLength(4);
    expect(depths).toEqual(
      expect.arrayContaining([
        { mode: 'battle', pool: 'v1', waiting: 1 },
        { mode: 'duel', pool: 'v', waiting: 1 },
        { mode: 'duel', pool: 'v1', waiting: 1 },
        { mode: 'duel', pool: 'v1.1', waiting: 1 },
      ]),
    );
  });

  it('never puts one player into a room twice', async () => {
    const { enter, player } = setUp();
    const [, again] = await enter(player('a'), player('a', { connectionId: 'c2' }));
    expect(again).toMatchObject({ standing: { state: 'waiting' }, made: [] });
  });

  it('works on when the scripts were flushed from Redis', async () => {
    const { enter, player } = setUp();
    await enter(player('a'));
    await redis.script('FLUSH');
    const [second] = await enter(player('b'));
    expect(second?.standing.state).toBe('matched');
  });
});

describe('a waiting player', () => {
  it('keeps the place over a reconnect, and the older connection no longer holds', async () => {
    const { queue, enter, player, standing } = setUp();
    const old = player('a');
    await enter(old);
    const [again] = await enter(player('a', { connectionId: 'c2', enteredAtMs: START_MS + 500 }));
    expect(again?.standing).toEqual({ playerId: 'a', state: 'waiting', enteredAtMs: START_MS });
    expect(await standing(old)).toEqual({ playerId: 'a', state: 'replaced' });
    expect(await queue.leave('a', old.connectionId)).toBe('unknown');
    expect(await queue.leave('a', 'c2')).toBe('left');
    expect(await queue.leave('a', 'c2')).toBe('unknown');
    expect(await queue.depths()).toEqual([]);
  });

  it('moves to the back on another mode or pool', async () => {
    const { queue, enter, player, pass } = setUp();
    await enter(player('a'));
    pass(100);
    const [moved] = await enter(player('a', { pool: 'other' }));
    expect(moved?.standing).toMatchObject({ enteredAtMs: START_MS + 101 });
    expect(await queue.depths()).toEqual([{ mode: 'duel', pool: 'other', waiting: 1 }]);
  });

  it('is not matched while away, and is again, at the old place, when heard of', async () => {
    const { queue, enter, player, standing, sweep } = setUp();
    const a = player('a');
    await enter(a);
    await queue.away('a', 'c-a');
    const [b] = await enter(player('b'));
    expect(b?.standing.state).toBe('waiting');
    expect(await standing(a)).toEqual({ playerId: 'a', state: 'waiting', enteredAtMs: START_MS });
    expect(membersOf((await sweep()).made)).toEqual([['a', 'b']]);
  });

  it('is skipped after 3 s of silence without holding up those behind, and forgotten after 60 s', async () => {
    const { queue, enter, player, pass, standing } = setUp();
    const a = player('a');
    const silent = player('silent');
    await enter(silent);
    pass(3_000);
    const [, second] = await enter(a, player('b'));
    expect(membersOf(second?.made ?? [])).toEqual([['a', 'b']]);
    pass(50_000);
    expect(await standing(silent)).toMatchObject({ state: 'waiting', enteredAtMs: START_MS });
    pass(60_001);
    await queue.sweep(sizeOf);
    expect(await queue.leave('silent', 'c-silent')).toBe('unknown');
  });

  it('of an emptied Redis is enqueued again by the heartbeat, at the old place', async () => {
    const { enter, player, pass, emptyRedis, queue, sweep } = setUp();
    const players = ['a', 'b', 'c'].map((id) => player(id, { mode: 'battle' }));
    const [a, b, c] = players;
    if (!a || !b || !c) throw new Error('three are expected');
    await enter(a, b, c);
    pass(1_000);
    await emptyRedis();
    const [d] = await enter(player('d', { mode: 'battle' }));
    expect(d?.standing.state).toBe('waiting');
    const standings = await queue.heartbeat([c, b, a]);
    expect(standings.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(only((await sweep()).made).members).toHaveLength(4);
  });
});

describe('a match', () => {
  const matched = async () => {
    const it = setUp();
    const [a, b] = [it.player('a'), it.player('b')];
    const [, second] = await it.enter(a, b);
    return { ...it, a, b, match: only(second?.made ?? []) };
  };

  it('comes again at ENTER, in whatever mode, and with the heartbeat', async () => {
    const { enter, player, standing, a, b, match } = await matched();
    const [again] = await enter(player('a', { connectionId: 'c2', mode: 'battle' }));
    expect(again).toEqual({ standing: { playerId: 'a', state: 'matched', match }, made: [] });
    expect(await standing(b)).toEqual({ playerId: 'b', state: 'matched', match });
    expect(await standing(a)).toEqual({ playerId: 'a', state: 'replaced' });
  });

  it('is not ended by LEAVE', async () => {
    const { queue, standing, a, match } = await matched();
    expect(await queue.leave('a', 'c-a')).toBe('matched');
    expect(await standing(a)).toMatchObject({ state: 'matched', match });
  });

  it('that is late is dissolved; those present wait again at their old place, the others when they are heard of', async () => {
    const { queue, standing, pass, sweep, enter, player, a, b, match } = await matched();
    await queue.acknowledge('a', match.roomId);
    pass(19_000);
    await queue.heartbeat([{ ...a, known: { match, acknowledged: true } }]);
    expect((await sweep()).dissolved).toEqual([]);
    pass(3_000);
    await queue.heartbeat([{ ...a, known: { match, acknowledged: true } }]);
    expect((await sweep()).dissolved).toEqual([match]);
    expect(await queue.match(match.roomId)).toEqual({ ...match, status: 'dissolved' });
    expect(await standing(a)).toEqual({ playerId: 'a', state: 'waiting', enteredAtMs: START_MS });
    expect(await queue.depths()).toEqual([{ mode: 'duel', pool: 'default', waiting: 1 }]);
    const [back] = await enter(player('b', { connectionId: 'c2' }));
    expect(back?.made[0]?.members).toEqual(['a', 'b']);
    expect(await standing(b)).toMatchObject({ state: 'replaced' });
  });

  it('that ends before it was complete does not put back at once who is away or has sent LEAVE', async () => {
    const { queue, player, enter, standing, sweep } = setUp();
    const [a, b] = [player('a'), player('b')];
    const [, second] = await enter(a, b);
    const match = only(second?.made ?? []);
    await queue.away('a', 'c-a');
    expect(await queue.leave('b', 'c-b')).toBe('matched');
    await queue.release(match.roomId);
    expect(await queue.depths()).toEqual([]);
    expect(await standing(a)).toEqual({ playerId: 'a', state: 'waiting', enteredAtMs: START_MS });
    expect((await sweep()).made).toEqual([]);
  });

  it('that is late is dissolved by the ENTER of one of its players', async () => {
    const { enter, player, pass, standing, b, match } = await matched();
    pass(20_000);
    const [again] = await enter(player('a', { connectionId: 'c2' }));
    expect(again?.standing).toEqual({ playerId: 'a', state: 'waiting', enteredAtMs: START_MS });
    expect(await standing({ ...b, known: { match, acknowledged: true } })).toMatchObject({ state: 'waiting' });
  });

  it('that is complete is never late, and holds its players until each is released', async () => {
    const { queue, enter, player, pass, sweep, match } = await matched();
    await queue.complete(match.roomId);
    pass(600_000);
    expect(await sweep()).toEqual({ made: [], dissolved: [] });
    const [again] = await enter(player('a', { connectionId: 'c2' }));
    expect(again?.standing).toMatchObject({ state: 'matched' });
    await queue.release(match.roomId, ['a']);
    await queue.release(match.roomId, ['a']);
    const [anew, other] = await enter(player('a', { connectionId: 'c3' }), player('b', { connectionId: 'c3' }));
    expect(anew?.standing.state).toBe('waiting');
    expect(other?.standing).toMatchObject({ state: 'matched', match: { roomId: match.roomId } });
    await queue.release(match.roomId);
    expect(await queue.match(match.roomId)).toMatchObject({ status: 'ended' });
  });

  it('that is complete and over at once is ended: nobody waits again, though still in the lobby', async () => {
    const { queue, standing, a, match } = await matched();
    for (let times = 0; times < 2; times++) {
      await queue.complete(match.roomId);
      await queue.release(match.roomId);
    }
    expect(await queue.match(match.roomId)).toMatchObject({ status: 'ended' });
    expect(await standing({ ...a, known: { match, acknowledged: true } })).toMatchObject({ state: 'gone' });
    expect(await queue.depths()).toEqual([]);
  });

  it('that is complete ends after an hour', async () => {
    const { queue, enter, player, pass, sweep, match } = await matched();
    await queue.complete(match.roomId);
    pass(3_600_000);
    await sweep();
    const [again] = await enter(player('a', { connectionId: 'c2' }));
    expect(again?.standing.state).toBe('waiting');
    expect(await queue.match(match.roomId)).toBeNull();
  });

  it('whose completion is reported too late takes back those who are in no other', async () => {
    const { queue, enter, player, pass, sweep, standing, a, b, match } = await matched();
    pass(22_000);
    await queue.heartbeat([a, b]);
    await sweep();
    const [c] = await enter(player('c', { enteredAtMs: START_MS - 1 }));
    expect(c?.made[0]?.members).toEqual(['c', 'a']);
    await queue.complete(match.roomId);
    expect(await standing(b)).toMatchObject({ state: 'matched', match: { roomId: match.roomId } });
    expect(await standing(a)).toMatchObject({ state: 'matched', match: { members: ['c', 'a'] } });
    expect(await queue.depths()).toEqual([]);
  });

  it('released whole before it was complete is dissolved: all wait again at their old place, also who left for the game', async () => {
    const { queue, enter, player, pass, standing, a, b, match } = await matched();
    for (const playerId of ['a', 'b']) await queue.acknowledge(playerId, match.roomId);
    expect(await queue.leave('b', b.connectionId)).toBe('matched');
    pass(20_000);
    await queue.heartbeat([{ ...a, known: { match, acknowledged: true } }]);
    await queue.release(match.roomId);
    expect(await queue.match(match.roomId)).toMatchObject({ status: 'dissolved' });
    const place = { state: 'waiting', enteredAtMs: START_MS };
    expect(await standing({ ...a, known: { match, acknowledged: true } })).toMatchObject(place);
    const [c, back] = await enter(player('c'), player('b', { connectionId: 'c2', enteredAtMs: START_MS + 20_000 }));
    expect(c?.made[0]?.members).toEqual(['a', 'c']);
    expect(back?.standing).toMatchObject(place);
  });

  it('releases no membership of another room', async () => {
    const { queue, standing, a, match } = await matched();
    await queue.release('r-another', ['a']);
    await queue.release('r-another');
    expect(await standing(a)).toMatchObject({ state: 'matched', match });
  });

  it('of an emptied Redis is put back by those who have not learned of it, and not by those who have', async () => {
    const { emptyRedis, standing, pass, a, b, match } = await matched();
    pass(1_000);
    await emptyRedis();
    expect(await standing({ ...a, known: { match, acknowledged: true } })).toEqual({ playerId: 'a', state: 'gone' });
    expect(await standing({ ...b, known: { match, acknowledged: false } })).toEqual({
      playerId: 'b',
      state: 'matched',
      match,
    });
  });

  it('survives whatever part of the data is lost', async () => {
    const { queue, stack, a, match, enter, player, sweep } = await matched();
    const keys = Object.values(matchKeys(stack, 'lobby'));
    for (const key of keys) {
      await redis.del(key);
      await queue.heartbeat([a]);
      await queue.acknowledge('a', match.roomId);
      await queue.complete(match.roomId);
      await queue.away('a', 'c-a');
      await queue.leave('a', 'c-a');
      await enter(player('a'), player('b'), player('c'));
      await sweep();
      await queue.release(match.roomId);
      await queue.depths();
    }
  });
});

describe('a sweep', () => {
  it('leaves modes alone that this node does not know', async () => {
    const { queue, player, enter, pass, standing } = setUp();
    const a = player('a');
    await enter(a);
    await queue.away('a', 'c-a');
    await enter(player('b'));
    await standing(a);
    pass(10);
    expect((await queue.sweep(() => undefined)).made).toEqual([]);
    expect((await queue.sweep(sizeOf)).made).toHaveLength(1);
  });

  it('matches a whole crowd that comes back at once', async () => {
    const { queue, player, sweep } = setUp();
    const crowd = Array.from({ length: 250 }, (_, i) => player(`p${i}`, { enteredAtMs: START_MS - 1_000 + i }));
    await queue.heartbeat(crowd);
    const first = await sweep();
    const second = await sweep();
    expect([...first.made, ...second.made]).toHaveLength(125);
    expect(first.made[0]?.members).toEqual(['p0', 'p1']);
    expect(await queue.depths()).toEqual([]);
  });
});
