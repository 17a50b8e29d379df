import type { Logger } from 'pino';
import type { Operators } from '../../autoscaler';
import type { ScalingConfig } from '../../core/config/scaling';
import { ordersOf, type StandingOrders } from '../../core/orders/standing';
import { AGENT_PROTOCOL, type MaintenanceNews } from '../../core/protocol/agent';
import type { Fleet } from '../../fleet/port';
import type { OrderStore } from '../../registry';
import type { EventSink } from '../events';
import type { Ownership } from '../watch/registry-writer';
import type { Watch } from '../watch/watch';
import { OrderBook } from './book';
import { type Kicked, Operator } from './operator';
import { settler } from './settle';

export interface OrdersOptions {
  readonly store: OrderStore;
  readonly watch: Pick<Watch, 'view' | 'order'>;
  readonly ownership: Pick<Ownership, 'epoch'>;
  readonly fleet: Pick<Fleet, 'group'>;
  /** How each cluster scales; one that is not named is left alone. */
  readonly scaled: ReadonlyMap<string, ScalingConfig>;
  readonly events: EventSink;
  readonly log: Logger;
}

export interface Orders {
  readonly book: OrderBook;
  readonly operator: Operator;
  /** For the autoscaler. */
  readonly operators: Operators;
  stop(): void;
}

/** Takes operators' orders, and sees that they are carried out. */
export function startOrders({ store, watch, ownership, fleet, scaled, events, log }: OrdersOptions): Orders {
  const book = new OrderBook({ store, log });
  const kick = (playerId: string) => kickFrom(watch, playerId);
  const wantedVersion = async (cluster: string) => (await fleet.group(cluster)).wantedVersion;
  const operator = new Operator({ book, view: watch.view, scaled, wantedVersion, kick, events, now: Date.now });
  const settling = watch.view.snapshots$.subscribe(settler(book, ownership, events));
  return {
    book,
    operator,
    operators: {
      of: (cluster) => (book.isRead ? ordersOf(book.orders, cluster) : null),
      sizeOver: (cluster, why) => void operator.sizeOver(cluster, why),
    },
    stop: () => {
      settling.unsubscribe();
      book.stop();
    },
  };
}

/** What nodes are told of it with each poll; undefined: there never was any. */
export function maintenanceNews({ rev, maintenance }: StandingOrders): MaintenanceNews | undefined {
  return maintenance === null ? undefined : { rev, on: maintenance.on, untilMs: maintenance.untilMs };
}

/** Time limit of one node's answer, in milliseconds. */
const KICK_LIMIT_MS = 2_000;

/** Nobody keeps a list of who is where: every node that answers is asked. */
async function kickFrom({ view, order }: OrdersOptions['watch'], playerId: string): Promise<Kicked> {
  const asked = view.clusters().flatMap((cluster) =>
    (view.snapshot(cluster)?.nodes ?? [])
      .filter(({ startId, health }) => startId !== null && health !== 'red')
      .map(async ({ nodeId }) => {
        const kick = { v: AGENT_PROTOCOL, kind: 'kick', playerId } as const;
        const reply = await order(cluster, nodeId, kick, KICK_LIMIT_MS);
        // A node of an older release knows of no kick: whether the player is there stays open.
        if (!reply.ok) throw new Error(`${nodeId} refused: ${reply.code}`);
        return reply.kicked === true ? [nodeId] : [];
      }),
  );
  const answers = await Promise.allSettled(asked);
  return {
    nodes: answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
    silent: answers.filter(({ status }) => status === 'rejected').length,
  };
}
