import type { ClusterReader } from '../api/backend';
import type { JoinCounts, PeerView } from '../core/protocol/peer';
import { type Live, startLive } from '../dashboard/live';
import { pageRoutes } from '../dashboard/page-routes';
import type { Counts } from '../dashboard/rates';
import type { SharedEvents } from './events';
import type { Tally } from './metrics/tally';
import type { ClusterView } from './watch/view';

export interface PageOptions {
  readonly stack: string;
  readonly balancerId: string;
  readonly view: Pick<ClusterView, 'snapshots$'>;
  readonly shown: ClusterReader;
  readonly pair: {
    readonly peer: { readonly there: boolean; readonly view: PeerView | null } | null;
  };
  readonly tally: Pick<Tally, 'joins'>;
  readonly events: Pick<SharedEvents, 'after'>;
  /** Why this balancer is not ready; null when it is. */
  readonly trouble: () => string | null;
}

/** The live page of this balancer, which shows what both do, as far as the other has told. */
export function startPage({ stack, balancerId, view, shown, pair, tally, events, trouble }: PageOptions): Live {
  const { peer } = pair;
  const live = startLive({
    ...{ stack, balancerId, clusters: shown, events, trouble },
    peer: () => peer && { balancerId: peer.view?.balancerId ?? null, there: peer.there },
    changed$: view.snapshots$,
    counts: (cluster) => {
      const own = new Map<string, Counts>([[balancerId, tally.joins(cluster)]]);
      const other = peer?.view?.joins?.find((joins: JoinCounts) => joins.cluster === cluster);
      return peer?.view && other ? own.set(peer.view.balancerId, other) : own;
    },
  });
  return {
    routes: (app) => {
      pageRoutes(app);
      live.routes(app);
    },
    stop: () => live.stop(),
  };
}
