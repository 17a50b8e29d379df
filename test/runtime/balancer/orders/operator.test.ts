import { describe, expect, it } from '@jest/globals';
import { Operator } from '../../../../runtime/balancer/orders/operator';
import { LiveView } from '../../../../runtime/balancer/watch/view';
import { FleetError } from '../../../../runtime/core/errors';
import { StandingOrders } from '../../../../runtime/core/orders/standing';
import { OperatorOrder } from '../../../../runtime/core/protocol/operator';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';
import { configOf } from '../../core/scaling/fixtures';

function node(nodeId: string, over: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    ...{ nodeId, startId: 's', endpoint: 'http://127.0.0.1:1', zone: 'a', version: 'v1' },
    ...{ health: 'green', phase: 'open', connections: 5, sessions: 5, pending: 0, capacity: 10, weight: 10 },
    ...{ window: 64, loopDelayMs: 0, rssBytes: 0, launchedAtMs: 0, silentMs: 0, ...over },
  };
}

/** An operator's desk over two clusters, `game` scaled between 2 and 6 nodes, `still` never. */
function desk(
  nodes: readonly NodeSnapshot[] = [node('g1'), node('g2')],
  wantedVersion: () => Promise<string | null> = async () => 'v1',
) {
  const view = new LiveView(['game', 'still']);
  view.publish({ cluster: 'game', atMs: 0, massFailure: false, nodes });
  view.publish({ cluster: 'still', atMs: 0, massFailure: false, nodes: [node('s1')] });
  const events: object[] = [];
  const book = {
    orders: StandingOrders.parse({}),
    change: async (change: (orders: StandingOrders) => StandingOrders) => {
      book.orders = change(book.orders);
      return book.orders;
    },
  };
  const operator = new Operator({
    ...{ book, view, events: { emit: (event) => void events.push(event) }, now: () => 7 },
    scaled: new Map([['game', configOf({ minimum: 2, maximum: 6 })]]),
    wantedVersion,
    kick: async (playerId) => ({ nodes: playerId === 'p1' ? ['g1'] : [], silent: 1 }),
  });
  const give = (order: object) => operator.take(OperatorOrder.parse({ by: 'ann', why: 'a try', ...order }));
  const refusal = async (order: object) => {
    const error = await give(order).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(error instanceof FleetError)) throw new Error('a refusal is expected');
    return [error.code, error.field, error.message];
  };
  const game = () => book.orders.clusters.game;
  return { give, refusal, game, book, events, operator };
}

const word = { by: 'ann', why: 'a try', atMs: 7 };

describe("an operator's orders", () => {
  it('are written down, and told as events with who and why', async () => {
    const { give, game, events } = desk();
    await give({ order: 'drain', nodeId: 'g1' });
    await give({ order: 'pause', cluster: 'game' });
    expect(game()).toMatchObject({ paused: word, nodes: { g1: { ...word, order: 'drain' } } });
    expect(events).toEqual([
      { kind: 'order-drain', cluster: 'game', nodeId: 'g1', reason: 'a try', by: 'ann', details: { sessions: 5 } },
      { kind: 'order-pause', cluster: 'game', reason: 'a try', by: 'ann' },
    ]);
  });

  it('may be repeated: the first word stays', async () => {
    const { give, game } = desk();
    for (const by of ['ann', 'ben']) {
      await give({ order: 'drain', nodeId: 'g1', by });
      await give({ order: 'pause', cluster: 'game', by });
    }
    expect([game()?.paused?.by, game()?.nodes.g1?.by]).toEqual(['ann', 'ann']);
    await give({ order: 'resume', cluster: 'game' });
    expect((await give({ order: 'resume', cluster: 'game' })).text).toBe('game was not paused');
    expect(game()?.paused).toBeNull();
  });

  it('take back a drain, also one that the autoscaler began; an open node needs nothing', async () => {
    const { give, game } = desk([node('g1'), node('g2', { phase: 'draining' })]);
    await give({ order: 'drain', nodeId: 'g1' });
    await give({ order: 'undrain', nodeId: 'g1' });
    await give({ order: 'undrain', nodeId: 'g2' });
    expect([game()?.nodes.g1?.order, game()?.nodes.g2?.order]).toEqual(['undrain', 'undrain']);
    const other = desk();
    await other.give({ order: 'undrain', nodeId: 'g1' });
    expect(other.game()).toBeUndefined();
  });

  it('roll the nodes that are there, and scale within the bounds', async () => {
    const { give, game } = desk();
    await give({ order: 'roll', cluster: 'game' });
    await give({ order: 'scale', cluster: 'game', size: 6 });
    expect(game()).toMatchObject({ roll: { ...word, nodes: ['g1', 'g2'] }, size: { ...word, size: 6 } });
  });

  it('are refused with what is wrong', async () => {
    const sealed = [node('g1', { phase: 'sealed' }), node('g2', { health: 'red' }), node('g3', { leaving: true })];
    const { give, refusal } = desk(sealed);
    expect(await refusal({ order: 'drain', nodeId: 'g9' })).toEqual([
      'NODE_UNKNOWN',
      'body.nodeId',
      'No such node (g9)',
    ]);
    expect(await refusal({ order: 'drain', nodeId: 'g2' })).toContain('ORDER_REFUSED');
    expect(await refusal({ order: 'undrain', nodeId: 'g1' })).toContain('ORDER_REFUSED');
    expect(await refusal({ order: 'undrain', nodeId: 'g3' })).toContain('ORDER_REFUSED');
    expect(await refusal({ order: 'pause', cluster: 'gmae' })).toEqual([
      ...['CLUSTER_UNKNOWN', 'body.cluster', 'No such cluster (gmae; there are game, still)'],
    ]);
    expect(await refusal({ order: 'drain', nodeId: 's1' })).toContain('ORDER_REFUSED');
    expect(await refusal({ order: 'scale', cluster: 'game', size: 7 })).toEqual([
      ...['INVALID', 'body.size'],
      'The request is malformed (game has from 2 to 6 nodes, as its scaling is configured)',
    ]);
    await give({ order: 'pause', cluster: 'game' });
    expect((await refusal({ order: 'scale', cluster: 'game', size: 3 }))[2]).toContain('paused by ann (a try)');
    expect(await refusal({ order: 'roll', cluster: 'game' })).toContain('ORDER_REFUSED');
  });

  it('for a roll that could never begin are refused, and not written down', async () => {
    const roll = { order: 'roll', cluster: 'game' };
    const none = desk([]);
    expect((await none.refusal(roll))[2]).toContain('no node of game is known');
    const silent = desk(undefined, () => Promise.reject(new Error('cut')));
    expect((await silent.refusal(roll))[2]).toContain('the fleet does not answer (cut)');
    const vague = desk(undefined, async () => null);
    expect((await vague.refusal(roll))[2]).toContain('does not say what version game is to run');
    expect([none.game(), silent.game(), vague.game()]).toEqual([undefined, undefined, undefined]);
  });

  it('kick a player wherever they are', async () => {
    const { give, refusal, events } = desk();
    expect((await give({ order: 'kick', playerId: 'p1' })).text).toBe(
      'p1 was on g1, and is gone; 1 nodes do not answer',
    );
    expect(events).toMatchObject([{ kind: 'order-kick', by: 'ann', details: { playerId: 'p1', nodes: ['g1'] } }]);
    expect(await refusal({ order: 'kick', playerId: 'p2' })).toContain('PLAYER_UNKNOWN');
  });

  it('begin and end a maintenance', async () => {
    const { give, book } = desk();
    await give({ order: 'maintenance', on: false });
    expect(book.orders.maintenance).toBeNull();
    await give({ order: 'maintenance', on: true, untilMs: 99 });
    expect(book.orders.maintenance).toEqual({ ...word, on: true, untilMs: 99 });
    await give({ order: 'maintenance', on: false });
    expect(book.orders.maintenance).toEqual({ ...word, on: false, untilMs: null });
  });

  it('for a size are over once, and told', async () => {
    const { give, game, events, operator } = desk();
    await give({ order: 'scale', cluster: 'game', size: 4 });
    for (let time = 0; time < 2; time += 1) await operator.sizeOver('game', '4 nodes are there');
    expect(game()?.size).toBeNull();
    expect(events.slice(1)).toEqual([
      { kind: 'order-done', cluster: 'game', reason: 'scale to 4 by ann (a try): 4 nodes are there' },
    ]);
  });

  it('need a name, and no text that would move a cursor', () => {
    const wrong = (fields: object) => OperatorOrder.safeParse({ order: 'roll', cluster: 'game', by: 'ann', ...fields });
    for (const fields of [
      { by: '' },
      { by: 'a\u001b[2J' },
      { why: 'x\ny' },
      { why: 'x'.repeat(201) },
      { force: true },
    ]) {
      expect(wrong(fields).success).toBe(false);
    }
    expect(wrong({}).data?.why).toBe('no reason given');
  });

  it('name moments that there is a date for', () => {
    const until = (untilMs: number) =>
      OperatorOrder.safeParse({ order: 'maintenance', by: 'ann', on: true, untilMs }).success;
    expect([until(8.64e15), until(8.64e15 + 1), until(-1)]).toEqual([true, false, false]);
  });
});
