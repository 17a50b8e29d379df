import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RedisRooms } from '../../../runtime/registry/rooms';
import { RedisSeats } from '../../../runtime/registry/seats';
import type { RoomStartResult } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, roomsGathered, spread, TestCluster } from './seats-support';

const redises = [testRedis(), testRedis()] as const;
afterAll(() => {
  for (const redis of redises) redis.disconnect();
});

const NODES = ['a', 'b', 'c'];
const MEMBERS = ['ann', 'bob', 'cy', 'dee'];
const ROOMS = ['r1', 'r2'];

/** One call, or one change of the fleet; those of a turn are under way at the same time, over two connections. */
const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('start' as const, 'start' as const, 'start' as const, 'finish' as const),
      connection: fc.constantFrom(0 as const, 1 as const),
      roomId: fc.constantFrom(...ROOMS),
      playerId: fc.constantFrom(...MEMBERS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fleet' as const),
      // What becomes of each node; `dead` ones are not named, `again` ones have a new start.
      fates: fc.tuple(
        ...NODES.map(() => fc.constantFrom('green', 'green', 'suspect', 'draining', 'sealed', 'dead', 'again')),
      ),
    }),
  },
);
const turns = fc.array(fc.array(call, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12, size: 'max' });
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
type Placed = Extract<RoomStartResult, { ok: true }>;

class Run {
  readonly #stack = testStack();
  readonly #cluster = new TestCluster(redises[0], this.#stack, 'game');
  readonly #seats = new RedisSeats(redises[0], this.#stack, 'game');
  readonly #rooms = [
    new RedisRooms(redises[0], this.#stack, 'game'),
    new RedisRooms(redises[1], this.#stack, 'game'),
  ] as const;
  /** Where each generation of each room is, as the first answer said. */
  readonly #homes = new Map<string, string>();
  readonly #starts = new Map(NODES.map((id) => [id, 1]));
  #lastGen = new Map<string, number>();

  async fleet(fates: readonly string[], room = 9): Promise<void> {
    const nodes = NODES.flatMap((id, index) => {
      const fate = fates[index] ?? 'green';
      if (fate === 'dead' || fate === 'again') this.#starts.set(id, (this.#starts.get(id) ?? 0) + 1);
      if (fate === 'dead') return [];
      const standing = fate === 'suspect' || fate === 'draining' || fate === 'sealed' ? fate : 'green';
      return [nodeUpdate(id, { startId: `${id}-${this.#starts.get(id)}`, standing, capacity: room, window: room })];
    });
    await this.#seats.refresh({ epoch: 0, nodes });
    await roomsGathered(this.#rooms[0]);
  }

  async turn(calls: readonly Call[]): Promise<void> {
    await Promise.all(
      calls.map(async (each) => {
        if (each.kind === 'fleet') return this.fleet(each.fates);
        const request = { roomId: each.roomId, mode: 'battle', playerId: each.playerId, members: MEMBERS };
        const rooms = this.#rooms[each.connection];
        if (each.kind === 'finish') return void (await rooms.finish(request));
        const result = await rooms.start(request, spread);
        if (result.ok) this.#checkHome(each.roomId, each.playerId, result);
      }),
    );
    expect(await this.#cluster.counts()).toEqual(await this.#cluster.reservations());
  }

  #checkHome(roomId: string, playerId: string, result: Placed): void {
    const where = `${result.nodeId} ${result.startId}`;
    const generation = `${roomId} ${result.gen}`;
    expect(this.#homes.get(generation) ?? where).toBe(where);
    this.#homes.set(generation, where);
    expect(result.rid).toBe(`${roomId}/${result.gen}/${playerId}`);
    expect(result.expected).toContain(playerId);
    this.#lastGen.set(roomId, Math.max(this.#lastGen.get(roomId) ?? 0, result.gen));
  }

  /** With the fleet at rest and green, all who still play are together; each has a seat. */
  async together(): Promise<void> {
    await this.fleet(['green', 'green', 'green'], 1_000);
    for (const roomId of ROOMS) {
      const finished = (await this.#rooms[0].get(roomId))?.finished ?? [];
      const results = await Promise.all(
        MEMBERS.map((playerId, index) =>
          this.#rooms[index % 2 === 0 ? 0 : 1].start({ roomId, mode: 'battle', playerId, members: MEMBERS }, spread),
        ),
      );
      const placed = results.filter((result) => result.ok);
      for (const [index, playerId] of MEMBERS.entries()) {
        expect(results[index]).toMatchObject(finished.includes(playerId) ? { code: 'ROOM_CLOSED' } : { ok: true });
      }
      expect(new Set(placed.map(({ nodeId, startId, gen }) => `${nodeId} ${startId} ${gen}`)).size).toBeLessThanOrEqual(
        1,
      );
      for (const { gen, expected } of placed) {
        expect(gen).toBeGreaterThanOrEqual(this.#lastGen.get(roomId) ?? 1);
        expect(expected).toEqual(MEMBERS.filter((playerId) => !finished.includes(playerId)));
      }
    }
  }
}

describe('rooms, in whatever order their members call', () => {
  it('have one node for each generation, the same for all (S2)', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (each) => {
        const run = new Run();
        await run.fleet(['green', 'green', 'green']);
        for (const calls of each) await run.turn(calls);
        await run.together();
      }),
      { numRuns: 100 },
    );
  });

  it('reserve for all members or for none', async () => {
    const size = fc.record({ capacity: fc.integer({ min: 1, max: 12 }), window: fc.integer({ min: 1, max: 12 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 8 }),
        async (nodes, rooms) => {
          const stack = testStack();
          const cluster = new TestCluster(redises[0], stack, 'game');
          await cluster.seats.refresh({ epoch: 0, nodes: nodes.map((node, index) => nodeUpdate(`n${index}`, node)) });
          await roomsGathered(new RedisRooms(redises[0], stack, 'game'));
          const results = await Promise.all(
            Array.from({ length: rooms }, (_, index) =>
              new RedisRooms(redises[index % 2 === 0 ? 0 : 1], stack, 'game').start(
                { roomId: `r${index}`, mode: 'battle', playerId: 'ann', members: MEMBERS },
                spread,
              ),
            ),
          );
          const expected: Record<string, number> = {};
          for (const result of results) {
            if (result.ok) expected[result.nodeId] = (expected[result.nodeId] ?? 0) + MEMBERS.length;
          }
          const counts = await cluster.counts();
          expect(counts).toEqual(expected);
          for (const [index, { capacity, window }] of nodes.entries()) {
            const pending = counts[`n${index}`] ?? 0;
            expect(pending).toBeLessThanOrEqual(capacity);
            // A room larger than the window had the node to itself.
            expect(pending <= window || pending === MEMBERS.length).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
