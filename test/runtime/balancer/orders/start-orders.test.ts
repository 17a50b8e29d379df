import { afterEach, describe, expect, it } from '@jest/globals';
import { type Orders, startOrders } from '../../../../runtime/balancer/orders/start-orders';
import { LiveView } from '../../../../runtime/balancer/watch/view';
import { FleetError } from '../../../../runtime/core/errors';
import { OperatorOrder } from '../../../../runtime/core/protocol/operator';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';
import { type OrderStore, RegistryUnavailable } from '../../../../runtime/registry';
import { eventually } from '../../../support/eventually';
import { configOf } from '../../core/scaling/fixtures';
import { keptLog } from '../support';

const NODE: NodeSnapshot = {
  ...{ nodeId: 'g1', startId: 's', endpoint: 'http://127.0.0.1:1', zone: 'a', version: 'v1' },
  ...{ health: 'green', phase: 'open', connections: 5, sessions: 5, pending: 0, capacity: 10, weight: 10 },
  ...{ window: 64, loopDelayMs: 0, rssBytes: 0, launchedAtMs: 0, silentMs: 0 },
};

let orders: Orders | undefined;
afterEach(() => orders?.stop());

/** Over one node, which refuses every order; the registry answers while it is not cut. */
function start() {
  const cut = { away: true };
  const reach = <T>(value: T): Promise<T> =>
    cut.away ? Promise.reject(new RegistryUnavailable(new Error('cut'))) : Promise.resolve(value);
  const store: OrderStore = { load: () => reach(null), save: () => reach(true) };
  const view = new LiveView(['game']);
  view.publish({ cluster: 'game', atMs: 0, massFailure: false, nodes: [NODE] });
  const started = startOrders({
    ...{ store, scaled: new Map([['game', configOf()]]), log: keptLog().log },
    watch: { view, order: async () => ({ ok: false, code: 'INVALID', message: 'no such order' }) },
    ownership: { epoch: () => 1 },
    fleet: { group: async (cluster) => ({ cluster, desired: 1, wantedVersion: 'v1' }) },
    events: { emit: () => undefined },
  });
  orders = started;
  return { ...started, cut };
}

describe('the orders of a balancer', () => {
  it('are unknown until the registry has answered once, and looked at as soon as it is within reach', async () => {
    const { operators, book, cut } = start();
    await book.change((known) => known).catch(() => undefined);
    expect(operators.of('game')).toBeNull();
    cut.away = false;
    book.look();
    await eventually('they are known', () => operators.of('game') !== null);
    cut.away = true;
    await book.change((known) => known).catch(() => undefined);
    expect(operators.of('game')).not.toBeNull();
  });

  it('say of a node that refuses to look for a player that it is silent, not that nobody is there', async () => {
    const { operator } = start();
    const kick = operator.take(OperatorOrder.parse({ order: 'kick', by: 'ann', playerId: 'p1' }));
    const error: unknown = await kick.catch((error: unknown) => error);
    expect(error instanceof FleetError && error.message).toContain('1 nodes do not answer');
  });
});
