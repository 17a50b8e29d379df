import { Subject } from 'rxjs';
import type { ShownCluster, ShownNode } from '../../../runtime/api/backend';
import { ClusterOrders } from '../../../runtime/core/orders/standing';
import type { PageEvent } from '../../../runtime/core/protocol/page';
import { type Live, startLive } from '../../../runtime/dashboard/live';
import type { Counts } from '../../../runtime/dashboard/rates';
import { createOperatorServer } from '../../../runtime/dashboard/server';
import { parseMasterKeys } from '../../../runtime/tickets/keys';
import { silentLog } from '../balancer/support';

export const KEY = { authorization: 'Bearer good-key' };

export function shownNode(nodeId: string, over: Partial<ShownNode> = {}): ShownNode {
  return {
    ...{ nodeId, startId: 's1', endpoint: 'http://x', zone: 'a', version: 'v1', health: 'green', phase: 'open' },
    ...{ connections: 3, sessions: 3, pending: 0, capacity: 100, weight: 100, window: 64, loopDelayMs: 1, rssBytes: 1 },
    ...{ launchedAtMs: 1_000, silentMs: 0 },
    ...over,
  };
}

/** A live page over a cluster `game` that tests change as they like. */
export class PlayedPage {
  nodes: ShownNode[] = [shownNode('game-1'), shownNode('game-2')];
  events: PageEvent[] = [];
  counts = new Map<string, Counts>();
  readonly changed$ = new Subject<void>();
  readonly live: Live;
  readonly app: ReturnType<typeof createOperatorServer>;

  constructor(everyMs = 50) {
    this.live = startLive({
      ...{ stack: 'test', balancerId: 'b1', changed$: this.changed$, everyMs },
      clusters: { clusters: () => ['game'], snapshot: () => this.#snapshot(), maintenance: () => null },
      peer: () => ({ balancerId: 'b2', there: true }),
      trouble: () => null,
      events: { after: (id, limit) => this.events.filter((event) => event.id > id).slice(0, limit) },
      counts: () => this.counts,
    });
    this.app = createOperatorServer({
      ...{ stack: 'test', log: silentLog, troubles: {}, routes: [this.live.routes] },
      keys: () => ({ masterKeys: parseMasterKeys('ab'.repeat(32)), apiKeys: ['good-key'] }),
    });
  }

  async stop(): Promise<void> {
    this.live.stop();
    await this.app.close();
  }

  #snapshot(): ShownCluster {
    const orders = ClusterOrders.parse({});
    return {
      cluster: 'game',
      atMs: Date.now(),
      massFailure: false,
      nodes: this.nodes,
      owner: 'b1',
      epoch: 7,
      orders,
    };
  }
}
