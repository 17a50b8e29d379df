import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lifecycle } from '../../../runtime/agent/lifecycle';
import type { Order } from '../../../runtime/core/protocol/agent';

const order = (kind: 'drain' | 'undrain' | 'seal', epoch = 1): Order => ({ v: 1, kind, epoch });
const code = (reply: ReturnType<Lifecycle['take']>) => (reply.ok ? 'ok' : reply.code);

describe('orders', () => {
  it('seal only what is draining and empty, for ever', () => {
    const node = new Lifecycle();
    expect(code(node.take(order('seal'), 0))).toBe('NOT_DRAINING');
    expect(node.take(order('drain'), 2)).toEqual({ ok: true, phase: 'draining', sessions: 2 });
    expect(code(node.take(order('seal'), 2))).toBe('NOT_EMPTY');
    expect(node.take(order('undrain'), 2)).toEqual({ ok: true, phase: 'open', sessions: 2 });
    node.take(order('drain'), 0);
    expect(code(node.take(order('seal'), 0))).toBe('ok');
    expect(code(node.take(order('seal'), 0))).toBe('ok');
    expect(code(node.take(order('undrain'), 0))).toBe('SEALED');
    expect(code(node.take(order('drain'), 0))).toBe('SEALED');
    expect(node.phase).toBe('sealed');
  });

  it('of an older owner are refused, also when the newer owner was refused', () => {
    const node = new Lifecycle();
    expect(code(node.take(order('seal', 7), 0))).toBe('NOT_DRAINING');
    expect(code(node.take(order('drain', 6), 0))).toBe('STALE_EPOCH');
    expect([node.phase, node.epoch]).toEqual(['open', 7]);
    expect(code(node.take(order('drain', 7), 0))).toBe('ok');
  });

  it('of an older owner are refused as soon as a newer one polls; an older poll changes nothing', () => {
    const node = new Lifecycle();
    node.seen(7);
    node.seen(5);
    expect(node.epoch).toBe(7);
    expect(code(node.take(order('drain', 6), 0))).toBe('STALE_EPOCH');
    expect(code(node.take(order('drain', 7), 0))).toBe('ok');
  });

  it('never open a sealed node, never lower the epoch, never seal a node with sessions', () => {
    const any = fc.record({
      kind: fc.constantFrom('drain' as const, 'undrain' as const, 'seal' as const),
      epoch: fc.integer({ min: 0, max: 4 }),
      sessions: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), (orders) => {
        const node = new Lifecycle();
        for (const { kind, epoch, sessions } of orders) {
          const before = { phase: node.phase, epoch: node.epoch };
          const reply = node.take(order(kind, epoch), sessions);
          expect(node.epoch).toBe(Math.max(before.epoch, epoch));
          if (before.phase === 'sealed') expect(node.phase).toBe('sealed');
          if (!reply.ok) expect(node.phase).toBe(before.phase);
          if (node.phase === 'sealed' && before.phase !== 'sealed') {
            expect([before.phase, sessions, epoch >= before.epoch]).toEqual(['draining', 0, true]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
