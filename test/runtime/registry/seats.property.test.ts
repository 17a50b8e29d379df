import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RedisRooms } from '../../../runtime/registry/rooms';
import type { NodeUpdate, ReserveOptions, ReserveResult } from '../../../runtime/registry/types';
import { testRedis, testStack } from '../../support/redis';
import { nodeUpdate, spread, TestCluster } from './seats-support';

const redis = testRedis();
afterAll(() => redis.disconnect());

const NODES = ['a', 'b', 'c', 'd', 'e'];
const MEMBERS = ['p0', 'p1', 'p2'];
const nodeId = fc.constantFrom(...NODES);
/** A ticket that lasts, one whose seat has run out, and one in between. */
const ticketTtlMs = fc.constantFrom(15_000, -1_000, -6_000);

const node = fc.record({
  start: fc.integer({ min: 1, max: 2 }),
  sessions: fc.integer({ min: 0, max: 12 }),
  capacity: fc.integer({ min: 1, max: 20 }),
  weight: fc.double({ min: 0.1, max: 20, noNaN: true }),
  window: fc.integer({ min: 1, max: 10 }),
  standing: fc.constantFrom('green', 'green', 'green', 'held', 'suspect', 'draining', 'sealed'),
});

const operation = fc.oneof(
  fc.record({
    kind: fc.constant('refresh' as const),
    nodes: fc.dictionary(nodeId, node, { maxKeys: 5, noNullPrototype: true }),
    // Which of the reservations given so far arrive, and where: also twice, also on the wrong node.
    arrivals: fc.array(fc.tuple(nodeId, fc.nat({ max: 60 })), { maxLength: 12 }),
  }),
  fc.record({
    kind: fc.constant('reserve' as const),
    parties: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.option(fc.constantFrom('k1', 'k2'))), {
      maxLength: 8,
    }),
    policy: fc.constantFrom('spread' as const, 'pack' as const),
    exclude: fc.uniqueArray(nodeId, { maxLength: 2 }),
    ticketTtlMs,
  }),
  fc.record({ kind: fc.constant('suspend' as const), nodeId }),
  fc.record({
    kind: fc.constantFrom('start' as const, 'finish' as const),
    roomId: fc.constantFrom('r1', 'r2', 'r3'),
    playerId: fc.constantFrom(...MEMBERS),
    ticketTtlMs,
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Runs operations on a cluster of its own and holds each answer against what must be true of it. */
class Run {
  readonly #cluster: TestCluster;
  readonly #rooms: RedisRooms;
  readonly #given: string[] = [];
  #nodes = new Map<string, NodeUpdate>();
  #nextRid = 0;

  constructor() {
    const stack = testStack();
    this.#cluster = new TestCluster(redis, stack, 'game');
    this.#rooms = new RedisRooms(redis, stack, 'game');
  }

  async perform(step: Operation): Promise<void> {
    if (step.kind === 'refresh') await this.#refresh(step);
    else if (step.kind === 'reserve') await this.#reserve(step);
    else if (step.kind === 'suspend') await this.#suspend(step.nodeId);
    else await this.#play(step);
    await this.#check();
  }

  async #refresh(step: Extract<Operation, { kind: 'refresh' }>): Promise<void> {
    const nodes = Object.entries(step.nodes).map(([id, { start, ...rest }]) => {
      const arrivals = step.arrivals
        .filter(([at]) => at === id)
        .map(([, index]) => this.#given[index] ?? `strange-${index}`);
      return nodeUpdate(id, { ...rest, startId: `${id}-${start}`, arrivals });
    });
    this.#nodes = new Map(nodes.map((each) => [each.nodeId, each]));
    const { pending } = await this.#cluster.seats.refresh({ epoch: 0, nodes });
    const counts = await this.#cluster.counts();
    for (const id of this.#nodes.keys()) expect(pending.get(id)?.count).toBe(counts[id] ?? 0);
    expect(Object.keys(counts).filter((id) => !this.#nodes.has(id))).toEqual([]);
  }

  async #reserve(step: Extract<Operation, { kind: 'reserve' }>): Promise<void> {
    const pending = await this.#cluster.counts();
    const requests = step.parties.map(([seats, key]) => ({
      rids: Array.from({ length: seats }, () => `rid-${this.#nextRid++}`),
      ...(key === null ? {} : { idempotency: { key, fingerprint: String(seats) } }),
    }));
    const results = await this.#cluster.seats.reserve(requests, step);
    results.forEach((result, index) => {
      const rids = requests[index]?.rids ?? [];
      if (!result.ok) this.#checkRefusal(result.code, rids.length, pending, step);
      // Otherwise the first answer came again: nothing new was reserved.
      else if (result.rids[0] === rids[0]) this.#checkGrant(result, rids, pending, step);
    });
  }

  #checkGrant(
    result: Extract<ReserveResult, { ok: true }>,
    rids: string[],
    pending: Record<string, number>,
    options: ReserveOptions,
  ) {
    const chosen = this.#nodes.get(result.nodeId);
    const before = pending[result.nodeId] ?? 0;
    const after = before + rids.length;
    expect(result.rids).toEqual(rids);
    expect(chosen?.startId).toBe(result.startId);
    expect(['green', 'held']).toContain(chosen?.standing);
    expect(options.exclude).not.toContain(result.nodeId);
    expect((chosen?.sessions ?? 0) + after).toBeLessThanOrEqual(chosen?.capacity ?? 0);
    if (before > 0) expect(after).toBeLessThanOrEqual(chosen?.window ?? 0);
    if (chosen?.standing === 'held') {
      const better = [...this.#nodes.values()].filter(
        ({ standing, nodeId: id }) => standing === 'green' && !options.exclude.includes(id),
      );
      for (const each of better) expect(fits(each, pending[each.nodeId] ?? 0, rids.length)).toBe(false);
    }
    pending[result.nodeId] = after;
    this.#given.push(...rids);
  }

  #checkRefusal(code: string, seats: number, pending: Record<string, number>, options: ReserveOptions): void {
    if (code === 'IDEMPOTENCY_KEY_REUSED') return;
    const candidates = [...this.#nodes.values()].filter(
      ({ standing, nodeId: id }) => (standing === 'green' || standing === 'held') && !options.exclude.includes(id),
    );
    const room = candidates.filter((each) => each.capacity - each.sessions - (pending[each.nodeId] ?? 0) >= seats);
    expect(candidates.filter((each) => fits(each, pending[each.nodeId] ?? 0, seats))).toEqual([]);
    // A batch remembers its refusals, so BUSY may have become FULL since.
    if (candidates.length === 0) expect(code).toBe('NO_NODES');
    else expect(room.length === 0 ? ['FULL', 'BUSY'] : ['BUSY']).toContain(code);
  }

  async #suspend(id: string): Promise<void> {
    await this.#cluster.seats.suspend(id, 0);
    const known = this.#nodes.get(id);
    if (known?.standing === 'green' || known?.standing === 'held')
      this.#nodes.set(id, { ...known, standing: 'suspect' });
  }

  async #play(step: Extract<Operation, { playerId: string }>): Promise<void> {
    const request = { roomId: step.roomId, mode: 'm', playerId: step.playerId, members: MEMBERS };
    if (step.kind === 'finish') {
      await this.#rooms.finish(request);
      return;
    }
    const result = await this.#rooms.start(request, { ...spread, ticketTtlMs: step.ticketTtlMs });
    if (!result.ok) return;
    expect(['green', 'held', 'draining']).toContain(this.#nodes.get(result.nodeId)?.standing);
    this.#given.push(result.rid);
  }

  /** Whatever was done: each node's count is the number of its reservations, and its score is what both say. */
  async #check(): Promise<void> {
    const counts = await this.#cluster.counts();
    expect(counts).toEqual(await this.#cluster.reservations());
    for (const [id, { sessions, weight, standing }] of this.#nodes) {
      const score = (sessions + (counts[id] ?? 0)) / weight + (standing === 'held' ? 1e9 : 0);
      const expected = standing === 'green' || standing === 'held' ? score : null;
      expect(await this.#cluster.score(id)).toBe(expected);
    }
  }
}

function fits(node: NodeUpdate, pending: number, seats: number): boolean {
  return node.capacity - node.sessions - pending >= seats && (pending + seats <= node.window || pending === 0);
}

describe('seats, whatever happens to them', () => {
  it('are counted exactly, and given only where there is room', async () => {
    const steps = fc.array(operation, { minLength: 1, maxLength: 25, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, async (operations) => {
        const run = new Run();
        for (const step of operations) await run.perform(step);
      }),
      { numRuns: 120 },
    );
  });
});
