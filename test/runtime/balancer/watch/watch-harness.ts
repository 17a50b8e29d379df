import { afterEach } from '@jest/globals';
import { EventLog } from '../../../../runtime/balancer/events';
import { startWatch, type Watch, type WatchOptions } from '../../../../runtime/balancer/watch/watch';
import { eventually } from '../../../support/eventually';
import { FakeNode, FakeRegistry, fakeProbes, instance, ListedFleet, silentLog } from '../support';

const running: Watch[] = [];
afterEach(() => {
  for (const watch of running.splice(0)) watch.stop();
});

/** A watch over fake nodes, at twenty ticks a second; red after eight. */
export function harness(nodeIds: readonly string[], over: Partial<WatchOptions> = {}) {
  const nodes = nodeIds.map((nodeId) => new FakeNode(nodeId));
  const fleet = new ListedFleet(nodeIds.map((nodeId) => instance(nodeId, `http://${nodeId}`)));
  const registry = new FakeRegistry();
  const events = new EventLog({ balancerId: 'b1', now: Date.now });
  const watch = startWatch({
    clusters: new Map([['game', registry]]),
    fleet,
    probe: fakeProbes(nodes),
    ownership: { epoch: () => 7 },
    events,
    log: silentLog,
    pollMs: 50,
    redAfterMs: 400,
    ...over,
  });
  running.push(watch);
  const find = (nodeId: string) => {
    const node = nodes.find((each) => each.nodeId === nodeId);
    if (node === undefined) throw new Error(`no ${nodeId}`);
    return node;
  };
  const health = (nodeId: string) => watch.view.node('game', nodeId)?.health;
  const kinds = () =>
    events.after(0, 1_000).map(({ kind, nodeId }) => (nodeId === undefined ? kind : `${kind} ${nodeId}`));
  return {
    ...{ nodes, fleet, registry, events, watch, view: watch.view, find, health, kinds },
    green: (...wanted: string[]) =>
      eventually('all are green', () => wanted.every((nodeId) => health(nodeId) === 'green')),
    /** Lets this many more ticks be published. */
    ticks: (count: number) =>
      new Promise<void>((resolve) => {
        let left = count;
        const subscription = watch.view.snapshots$.subscribe(() => {
          left -= 1;
          if (left > 0) return;
          subscription.unsubscribe();
          resolve();
        });
      }),
  };
}
