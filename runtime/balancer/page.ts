import type { ClusterReader } from '../api/backend';
import type { JoinCounts, PeerView } from '../core/protocol/peer';
import { type Live, startLive } from '../dashboard/live';
import { pageRoutes } from '../dashboard/page-routes';
import type { Owner } from '../dashboard/picture';
import type { Counts } from '../dashboard/rates';
import type { SharedEvents } from './events';
import type { Tally } from './metrics/tally';
import type { LeasedOwnership } from './pair/ownership';
import type { ClusterView } from './watch/view';

export interface PageOptions {
  readonly stack: string;
  readonly balancerId: string;
  readonly view: Pick<ClusterView, 'snapshots$'>;
  readonly shown: ClusterReader;
  readonly pair: {
    readonly ownership: Pick<LeasedOwnership, 'epoch'>;
    readonly peer: { readonly there: boolean; readonly view: PeerView | null } | null;
  };
  readonly tally: Pick<Tally, 'joins'>;
  readonly events: Pick<SharedEvents, 'after'>;
  /** Why this balancer is not ready; null when it is. */
  readonly trouble: () => string | null;
}

/** The live page of this balancer, which shows what both do, as far as the other has told. */
export function startPage({ stack, balancerId, view, shown, pair, tally, events, trouble }: PageOptions): Live {
  const { ownership, peer } = pair;
  const owner = (cluster: string): Owner => {
    const epoch = ownership.epoch(cluster);
    if (epoch !== null) return { balancerId, epoch };
    const claim =
      peer?.there && peer.view?.canRenew ? peer.view?.claims.find((each) => each.cluster === cluster) : undefined;
    return peer?.view && claim ? { balancerId: peer.view.balancerId, epoch: claim.epoch } : null;
  };
  const live = startLive({
    ...{ stack, balancerId, clusters: shown, owner, events, trouble },
    peer: () => peer && { balancerId: peer.view?.balancerId ?? null, there: peer.there },
    maintenance: () => maintained(shown),
    paused: (cluster) => shown.snapshot(cluster)?.orders.paused ?? null,
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

function maintained(shown: ClusterReader) {
  const maintenance = shown.maintenance();
  return maintenance?.on === true ? maintenance : null;
}
