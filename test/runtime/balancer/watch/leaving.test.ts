import { describe, expect, it } from '@jest/globals';
import { AGENT_PROTOCOL } from '../../../../runtime/core/protocol/agent';
import { eventually } from '../../../support/eventually';
import { FakeRegistry } from '../support';
import { harness } from './watch-harness';

const drain = { v: AGENT_PROTOCOL, kind: 'drain', epoch: 7 } as const;

describe('a node that is told to drain', () => {
  it('gets no joins while the answer is under way, and again when it says later that it is open (S7)', async () => {
    const { watch, view, find, green, registry, ticks } = harness(['a', 'b']);
    await green('a', 'b');
    await eventually('all is written', () => registry.stored.size === 2);
    let lose = (_: Error): void => {};
    find('a').way = new Promise((_, reject) => {
      lose = reject;
    });
    const answer = watch.order('game', 'a', drain, 1_000).catch((error: Error) => error.message);
    await ticks(1);
    for (let i = 0; i < 4; i++) {
      expect(view.joinable('game', 'a', 's1')).toBe(false);
      expect(view.node('game', 'a')).toMatchObject({ health: 'green', phase: 'draining', said: 'open' });
      await ticks(1);
    }
    await eventually('the registry knows', () => registry.stored.get('a')?.standing === 'draining');
    lose(new Error('lost'));
    expect(await answer).toBe('lost');
    await eventually('it takes joins again', () => view.joinable('game', 'a', 's1'));
    await eventually('the registry knows that too', () => registry.stored.get('a')?.standing === 'green');
  });

  it('is out of the joins at once, and what was put together before does not bring it back (S7)', async () => {
    const registry = new FakeRegistry();
    const done: string[] = [];
    let pass = (): void => {};
    let gate: Promise<void> = Promise.resolve();
    const seats = {
      ...registry.seats,
      refresh: async (request: Parameters<typeof registry.seats.refresh>[0]) => {
        const before = gate;
        await before;
        const result = await registry.seats.refresh(request);
        done.push(`refresh ${request.nodes.map(({ nodeId, standing }) => `${nodeId} ${standing}`).join()}`);
        return result;
      },
      suspend: async (nodeId: string) => void done.push(`suspend ${nodeId}`),
    };
    const { watch, view, green, ticks } = harness(['a'], { clusters: new Map([['game', { seats }]]) });
    await green('a');
    gate = new Promise((resolve) => {
      pass = resolve;
    });
    await ticks(3);
    done.length = 0;
    const suspended = watch.suspend('game', 'a', 7);
    expect(view.joinable('game', 'a', 's1')).toBe(false);
    await ticks(2);
    expect(done).toEqual([]);
    gate = Promise.resolve();
    pass();
    await suspended;
    expect(done.slice(0, 2)).toEqual(['refresh a green', 'suspend a']);
  });
});

describe('a dead node that was leaving', () => {
  it('is not replaced where an autoscaler ends it, and replaced like any other elsewhere', async () => {
    for (const isScaled of [true, false]) {
      const scaled = new Set(isScaled ? ['game'] : []);
      const { watch, find, green, health, fleet, ticks } = harness(['a', 'b', 'c'], { scaled });
      await green('a', 'b', 'c');
      await watch.order('game', 'a', drain, 1_000);
      find('a').mode = 'hung';
      await eventually('it is red', () => health('a') === 'red', 10_000);
      if (isScaled) {
        await ticks(5);
        expect(fleet.unhealthy).toEqual([]);
      } else await eventually('it is reported', () => fleet.unhealthy.includes('a'));
      watch.stop();
    }
  });
});
