import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryJoins } from '../../../../runtime/balancer/assign/memory-joins';
import { MemoryPlacement } from '../../../../runtime/balancer/assign/memory-placement';
import type { KeyedAnswer } from '../../../../runtime/core/protocol/peer';
import type { AssignReply } from '../../../../runtime/core/protocol/rest';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';

const TTL_MS = 15_000;

function snapshot(over: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    ...{ nodeId: 'n', startId: 'n-1', endpoint: 'http://n', zone: 'a', version: 'v', health: 'green', phase: 'open' },
    ...{ connections: 0, sessions: 0, pending: 0, capacity: 1_000, weight: 1_000, window: 1_000, loopDelayMs: 0 },
    ...{ rssBytes: 0, launchedAtMs: 0, silentMs: 0 },
    ...over,
  };
}

/** One balancer's joins, with one node; time stands still until it is moved. */
function joins(name: string, agree: (answer: KeyedAnswer) => Promise<KeyedAnswer | null> = async () => null) {
  const refused: string[] = [];
  const clock = { nowMs: 1_000_000 };
  const placement = new MemoryPlacement({
    ...{ cluster: 'lobby', ticketTtlMs: TTL_MS, share: 1, draws: 2, random: () => 0, now: () => clock.nowMs },
    onRefused: (_, code) => void refused.push(code),
  });
  const node = { nodeId: 'n', startId: 'n-1', sessions: 0, capacity: 1_000, arrivals: [], full: true };
  const seen = (over: Partial<NodeSnapshot> = {}) =>
    placement.seen({ cluster: 'lobby', atMs: 0, massFailure: false, nodes: [snapshot(over)] });
  placement.heard(node);
  seen();
  let count = 0;
  const memory = new MemoryJoins({
    ...{ cluster: 'lobby', placement, agree, ticketTtlMs: TTL_MS, startOf: () => 'n-1', now: () => clock.nowMs },
    newId: () => `${name}${count++}`,
    ticket: ({ jti, nodeId, ticketExpiresAtMs }, endpoint): AssignReply => ({
      ...{ endpoint, ticket: jti, nodeId },
      expiresAt: new Date(ticketExpiresAtMs).toISOString(),
    }),
  });
  return { memory, seen, refused, clock };
}

describe('MemoryJoins', () => {
  it('places each join anew, and refuses when there is no node', async () => {
    const { memory, seen, refused } = joins('a');
    const tickets = [await memory.join('p', undefined), await memory.join('p', undefined)].map(({ ticket }) => ticket);
    expect(tickets).toEqual(['a0', 'a1']);
    seen({ phase: 'draining' });
    await expect(memory.join('p', undefined)).rejects.toMatchObject({ code: 'NO_NODES' });
    expect(refused).toEqual(['NO_NODES']);
  });

  it('repeats the answer of a key, also the registry’s, while its ticket is valid and its node takes joins', async () => {
    const { memory, seen, clock } = joins('a');
    const first = await memory.join('p', 'k');
    expect(await memory.join('p', 'k')).toEqual(first);
    await expect(memory.join('q', 'k')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    memory.answered('p', 'by registry', { ...first, ticket: 'r' });
    expect((await memory.join('p', 'by registry')).ticket).toBe('r');
    seen({ startId: 'n-2' });
    expect(memory.repeated('p', 'k')).toBeNull();
    seen();
    clock.nowMs += TTL_MS;
    expect((await memory.join('p', 'k')).ticket).not.toBe(first.ticket);
  });

  it('goes on alone when the other balancer does not answer', async () => {
    const { memory } = joins('a', () => Promise.resolve(null));
    expect((await memory.join('p', 'k')).ticket).toBe('a0');
  });

  it('two balancers give one answer under one key, in whatever order they are asked and hear of each other', async () => {
    const call = fc.record({ at: fc.nat({ max: 1 }), key: fc.constantFrom('k1', 'k2') });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 8 }), fc.scheduler(), async (calls, scheduler) => {
        const both: ReturnType<typeof joins>[] = [];
        const to = (index: number) => async (answer: KeyedAnswer) => {
          await scheduler.schedule(Promise.resolve());
          const held = both[index]?.memory.agree(answer) ?? null;
          await scheduler.schedule(Promise.resolve());
          return held;
        };
        both.push(joins('a', to(1)), joins('b', to(0)));
        const answers = calls.map(async ({ at, key }) => {
          await scheduler.schedule(Promise.resolve());
          return { key, reply: await both[at]?.memory.join('p', key) };
        });
        const replies = await scheduler.waitFor(Promise.all(answers));
        const tickets = new Map<string, Set<string | undefined>>();
        for (const { key, reply } of replies) {
          tickets.set(key, (tickets.get(key) ?? new Set()).add(reply?.ticket));
        }
        for (const given of tickets.values()) expect(given.size).toBe(1);
      }),
    );
  });
});
