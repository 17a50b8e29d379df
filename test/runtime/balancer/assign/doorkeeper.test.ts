import { describe, expect, it } from '@jest/globals';
import { errorAnswer, toFleetError } from '../../../../runtime/api/errors';
import { Doorkeeper } from '../../../../runtime/balancer/assign/doorkeeper';
import { LiveView } from '../../../../runtime/balancer/watch/view';
import type { Maintenance } from '../../../../runtime/core/orders/standing';
import { FakeAssigner } from '../../api/support';

const NOW = Date.UTC(2026, 10, 22, 12);

function door(maintenance: Maintenance | null) {
  const view = new LiveView(['lobby']);
  view.publish({ cluster: 'lobby', atMs: 0, massFailure: false, nodes: [] });
  const assigner = new FakeAssigner();
  const options = { assigner, lobby: 'lobby', view, balancers: 2, now: () => NOW };
  return { door: new Doorkeeper({ ...options, maintenance: () => maintenance }), assigner };
}

const on: Maintenance = { by: 'ann', why: 'a secret', atMs: NOW - 5, on: true, untilMs: NOW + 60_000 };

describe('the door', () => {
  it('is open as a rule, and for clusters that somebody else refuses', async () => {
    await door(null).door.lobby('p1', 'k');
    const { door: closed, assigner } = door(on);
    await closed.join('nope', 'p1');
    expect(assigner.calls).toEqual([['join', 'nope', 'p1', undefined]]);
  });

  it('is closed during a maintenance: a clear answer, with a time, and not with our reasons', async () => {
    const { door: closed, assigner } = door(on);
    for (const join of [() => closed.lobby('p1', 'k'), () => closed.join('lobby', 'p1')]) {
      const error = await join().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const { status, headers, body } = errorAnswer(toFleetError(error), 0.5);
      expect([status, Number(headers['retry-after'])]).toEqual([503, 30]);
      expect(body.error).toMatchObject({ code: 'MAINTENANCE', retryAfterMs: expect.any(Number) });
      expect(body.error.message).toContain('expected to end at 2026-11-22T12:01:00.000Z');
      expect(body.error.message).not.toContain('secret');
    }
    expect(assigner.calls).toEqual([]);
  });

  it('lets rooms go on', async () => {
    const { door: closed, assigner } = door(on);
    await closed.start('r', 't');
    await closed.finish('r', 't', { score: 1 });
    await closed.room('r');
    expect(assigner.calls.map(([name]) => name)).toEqual(['start', 'finish', 'room']);
  });
});
