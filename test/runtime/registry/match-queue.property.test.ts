import { afterAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RedisMatchQueue } from '../../../runtime/registry/match-queue';
import type { Match, WaitingPlayer } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { MatchModel } from './match-model';

const redis = testRedis();
afterAll(() => redis.disconnect());

const START_MS = 1_700_000_000_000;
const SIZES = new Map([
  ['duel', 2],
  ['trio', 3],
]);
const POOLS = ['p', 'q'];

const player = fc.integer({ min: 0, max: 5 }).map((index) => `player-${index}`);
const mode = fc.constantFrom(...SIZES.keys());
const pool = fc.constantFrom('p', 'p', 'q');
/** Which of the rooms made so far, newest first. */
const room = fc.nat(2);

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('enter' as const), player, mode, pool, lateMs: fc.nat(500) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'away' as const), player, older: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('heartbeat' as const),
      silent: fc.subarray(Array.from({ length: 6 }, (_, i) => `player-${i}`)),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 1, 900, 900, 3_000, 20_000, 22_000, 61_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('complete' as const, 'releaseAll' as const), room }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('release' as const, 'acknowledge' as const),
      room,
      member: fc.nat(2),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays steps on the real queue and on the model, and compares. */
class Run {
  readonly #model = new MatchModel(SIZES, START_MS);
  readonly #queue = new RedisMatchQueue({ redis, stack: testStack(), nowMs: () => this.#model.nowMs });
  /** What the lobby nodes remember of each player. */
  readonly #lobby = new Map<string, WaitingPlayer>();
  readonly #roomIds: string[] = [];
  #connections = 0;

  async play(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.#step(each);
    await this.#compare();
  }

  async #step(each: Step): Promise<void> {
    switch (each.kind) {
      case 'enter':
        return this.#enter(each.player, each.mode, each.pool, each.lateMs);
      case 'leave': {
        const connection = each.older ? 'older' : this.#connectionOf(each.player);
        expect(await this.#queue.leave(each.player, connection)).toBe(this.#model.leave(each.player, connection));
        return;
      }
      case 'away': {
        const connection = each.older ? 'older' : this.#connectionOf(each.player);
        await this.#queue.away(each.player, connection);
        return this.#model.away(each.player, connection);
      }
      case 'heartbeat':
        return this.#heartbeat(each.silent);
      case 'sweep':
        return this.#sweep();
      case 'pass':
        this.#model.nowMs += each.ms;
        return;
      case 'complete':
        await this.#queue.complete(this.#room(each.room));
        return this.#model.complete(this.#room(each.room));
      case 'releaseAll':
        await this.#queue.release(this.#room(each.room));
        return this.#model.release(this.#room(each.room));
      case 'release':
        await this.#queue.release(this.#room(each.room), [this.#member(each)]);
        return this.#model.release(this.#room(each.room), [this.#member(each)]);
      case 'acknowledge':
        await this.#queue.acknowledge(this.#member(each), this.#room(each.room));
        return this.#model.acknowledge(this.#member(each), this.#room(each.room));
    }
  }

  async #enter(playerId: string, mode: string, pool: string, lateMs: number): Promise<void> {
    this.#connections += 1;
    const connectionId = `c${this.#connections}`;
    const entering = { playerId, mode, pool, connectionId, enteredAtMs: this.#model.nowMs - lateMs };
    this.#lobby.set(playerId, entering);
    this.#model.enter(entering);
    const { standing, made } = await this.#queue.enter(entering, SIZES.get(mode) ?? 0);
    this.#made(made);
    const expected = this.#model.players.get(playerId);
    expect(standing.state).toBe(expected?.room ? 'matched' : 'waiting');
    if (standing.state === 'matched')
      this.#lobby.set(playerId, { ...entering, known: { match: standing.match, acknowledged: true } });
    if (standing.state === 'waiting') expect(standing.enteredAtMs).toBe(expected?.at);
    if (standing.state === 'waiting') this.#nobodyStarves(mode, pool);
  }

  async #heartbeat(silent: readonly string[]): Promise<void> {
    const spokenFor = [...this.#lobby.values()].filter(({ playerId }) => !silent.includes(playerId));
    const expected = spokenFor.map((each) => this.#model.heartbeat(each));
    const standings = await this.#queue.heartbeat(spokenFor);
    expect(standings.map(({ state }) => state)).toEqual(expected);
    for (const standing of standings) {
      const before = this.#lobby.get(standing.playerId);
      if (before === undefined) continue;
      const { known: _, ...waiting } = before;
      if (standing.state === 'matched')
        this.#lobby.set(standing.playerId, { ...before, known: { match: standing.match, acknowledged: true } });
      if (standing.state === 'waiting') {
        // Also after a dissolved match: the place is never lost while the lobby node speaks for the player.
        expect(standing.enteredAtMs).toBe(this.#model.players.get(standing.playerId)?.at);
        this.#lobby.set(standing.playerId, { ...waiting, enteredAtMs: standing.enteredAtMs });
      }
      if (standing.state === 'gone' || standing.state === 'replaced') this.#lobby.delete(standing.playerId);
    }
  }

  async #sweep(): Promise<void> {
    const late = this.#model.sweep();
    const sweep = await this.#queue.sweep((mode) => SIZES.get(mode));
    expect(sweep.dissolved.map(({ roomId }) => roomId).sort()).toEqual(late.sort());
    this.#made(sweep.made);
    // Those whom this sweep put back into the queue are matched by the next.
    this.#made((await this.#queue.sweep((mode) => SIZES.get(mode))).made);
    for (const mode of SIZES.keys()) for (const pool of POOLS) this.#nobodyStarves(mode, pool);
  }

  #made(matches: readonly Match[]): void {
    for (const match of matches) {
      this.#model.made(match);
      this.#roomIds.unshift(match.roomId);
    }
  }

  #nobodyStarves(mode: string, pool: string): void {
    expect(this.#model.waiting(mode, pool).length).toBeLessThan(SIZES.get(mode) ?? 0);
  }

  /** Every live room is known to the real queue with its members, and none that is over passes for a live one. */
  async #compare(): Promise<void> {
    for (const { match, status } of this.#model.rooms.values()) {
      const isLive = status === 'open' || status === 'complete';
      const stored = await this.#queue.match(match.roomId);
      if (isLive) expect(stored).toEqual({ ...match, status });
      else expect(stored?.status ?? status).toBe(status);
    }
  }

  #room(index: number): string {
    return this.#roomIds[index] ?? 'r-unknown';
  }

  #member(of: { room: number; member: number }): string {
    return this.#model.rooms.get(this.#room(of.room))?.match.members[of.member] ?? 'player-0';
  }

  #connectionOf(playerId: string): string {
    return this.#lobby.get(playerId)?.connectionId ?? 'none';
  }
}

it('whatever happens: no player in two rooms, rooms of the right size, in turn, and nobody waits who could play', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), (steps) => new Run().play(steps)),
    { numRuns: 200, interruptAfterTimeLimit: 8_000 },
  );
});
