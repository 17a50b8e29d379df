import type { ScalingConfig } from '../../core/config/scaling';
import { FleetError } from '../../core/errors';
import { type ClusterOrders, ordersOf, said, type Word, withCluster } from '../../core/orders/standing';
import type { OperatorOrder, OrderAnswer, OrderOf } from '../../core/protocol/operator';
import type { NodeSnapshot } from '../../core/snapshot';
import { messageOf } from '../complaints';
import type { EventSink, FleetEvent } from '../events';
import type { ClusterView } from '../watch/view';
import type { OrderBook } from './book';

/** What came of a kick. */
export interface Kicked {
  /** Nodes that had the player. */
  readonly nodes: readonly string[];
  /** Nodes that did not answer. */
  readonly silent: number;
}

export interface OperatorOptions {
  readonly book: Pick<OrderBook, 'orders' | 'change'>;
  readonly view: Pick<ClusterView, 'clusters' | 'snapshot' | 'node'>;
  /** How each cluster scales; one that is not named is left alone. */
  readonly scaled: ReadonlyMap<string, ScalingConfig>;
  /** What the nodes of a cluster are to run; null when the fleet does not say. Rejects when it does not answer. */
  readonly wantedVersion: (cluster: string) => Promise<string | null>;
  /** Has every node look for the player. */
  readonly kick: (playerId: string) => Promise<Kicked>;
  readonly events: EventSink;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Carries out what operators order. What lasts is written down for both balancers, and done by the owner of the cluster within about a
 * second: so it does not matter which balancer is asked, and a fail-over forgets nothing. Each order is an event, with who and why.
 */
export class Operator {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** @throws FleetError when it cannot be done; RegistryUnavailable when it could not be written down. */
  async take(order: OperatorOrder): Promise<OrderAnswer> {
    switch (order.order) {
      case 'drain':
        return this.#drain(order);
      case 'undrain':
        return this.#undrain(order);
      case 'scale':
        return this.#scale(order);
      case 'roll':
        return this.#roll(order);
      case 'pause':
        return this.#pause(order);
      case 'resume':
        return this.#resume(order);
      case 'kick':
        return this.#kick(order);
      case 'maintenance':
        return this.#maintenance(order);
    }
  }

  /** A size was reached, or given up: the order is over. Never rejects: it is said again with the next decision. */
  async sizeOver(cluster: string, why: string): Promise<void> {
    const { book, events } = this.#options;
    const { size } = ordersOf(book.orders, cluster);
    if (size === null) return;
    const over = (orders: ClusterOrders) =>
      orders.size?.atMs === size.atMs && orders.size.by === size.by ? { ...orders, size: null } : orders;
    const changed = await this.#change(cluster, over).catch(() => false);
    if (changed) events.emit({ kind: 'order-done', cluster, reason: `scale to ${size.size} by ${said(size)}: ${why}` });
  }

  async #drain(order: OrderOf<'drain'>): Promise<OrderAnswer> {
    const { cluster, node } = this.#find(order.nodeId);
    const { nodeId, health, phase, sessions } = node;
    if (health === 'red') throw refused(`${nodeId} is dead, and is replaced without an order`, 'body.nodeId');
    if (phase === 'sealed') return { text: `${nodeId} is empty and sealed already, and about to be ended` };
    const drain = { ...this.#word(order), order: 'drain' } as const;
    await this.#change(cluster, (orders) =>
      orders.nodes[nodeId]?.order === 'drain' ? orders : { ...orders, nodes: { ...orders.nodes, [nodeId]: drain } },
    );
    this.#tell(order, { cluster, nodeId, details: { sessions } });
    const paused = ordersOf(this.#options.book.orders, cluster).paused;
    const then = paused === null ? 'it is ended' : `it waits for "resume ${cluster}" to be ended`;
    return { text: `${nodeId} takes no more joins; when its ${sessions} players have left ${then}` };
  }

  async #undrain(order: OrderOf<'undrain'>): Promise<OrderAnswer> {
    const { cluster, node } = this.#find(order.nodeId);
    const { nodeId, phase, leaving } = node;
    if (phase === 'sealed') throw refused(`${nodeId} is sealed, and never opens again`, 'body.nodeId');
    if (leaving === true) throw refused(`the machine of ${nodeId} goes away within minutes`, 'body.nodeId');
    const undrain = { ...this.#word(order), order: 'undrain' } as const;
    await this.#change(cluster, (orders) => {
      const { [nodeId]: known, ...others } = orders.nodes;
      if (phase === 'open' && known === undefined) return orders;
      return { ...orders, nodes: { ...others, [nodeId]: undrain } };
    });
    this.#tell(order, { cluster, nodeId });
    return { text: phase === 'open' ? `${nodeId} takes joins` : `${nodeId} takes joins again in a moment` };
  }

  async #scale(order: OrderOf<'scale'>): Promise<OrderAnswer> {
    const { cluster, size } = order;
    const { minimum, maximum } = this.#scaling(cluster);
    if (size < minimum || size > maximum) {
      const detail = `${cluster} has from ${minimum} to ${maximum} nodes, as its scaling is configured`;
      throw new FleetError('INVALID', { field: 'body.size', detail });
    }
    this.#refusePaused(cluster);
    const have = this.#options.view.snapshot(cluster)?.nodes.length ?? 0;
    await this.#change(cluster, (orders) => ({ ...orders, size: { ...this.#word(order), size } }));
    this.#tell(order, { cluster, details: { size, nodes: have } });
    return { text: `${cluster} goes from ${have} to ${size} nodes; nobody is cut off by it` };
  }

  async #roll(order: OrderOf<'roll'>): Promise<OrderAnswer> {
    const { cluster } = order;
    this.#scaling(cluster);
    this.#refusePaused(cluster);
    const nodes = (this.#options.view.snapshot(cluster)?.nodes ?? []).map(({ nodeId }) => nodeId);
    if (nodes.length === 0) {
      throw refused(`no node of ${cluster} is known, so none can be replaced; try again in a moment`, 'body.cluster');
    }
    await this.#refuseWithoutVersion(cluster);
    await this.#change(cluster, (orders) => ({ ...orders, roll: { ...this.#word(order), nodes } }));
    this.#tell(order, { cluster, details: { nodes: nodes.length } });
    return { text: `${nodes.length} nodes of ${cluster} are replaced, a few at a time; nobody is cut off by it` };
  }

  async #pause(order: OrderOf<'pause'>): Promise<OrderAnswer> {
    const { cluster } = order;
    this.#scaling(cluster);
    const word = this.#word(order);
    await this.#change(cluster, (orders) => (orders.paused === null ? { ...orders, paused: word } : orders));
    this.#tell(order, { cluster });
    return { text: `the autoscaler leaves ${cluster} alone until "resume ${cluster}"; dead nodes are replaced` };
  }

  async #resume(order: OrderOf<'resume'>): Promise<OrderAnswer> {
    const { cluster } = order;
    this.#scaling(cluster);
    const resumed = (orders: ClusterOrders) => (orders.paused === null ? orders : { ...orders, paused: null });
    const changed = await this.#change(cluster, resumed);
    this.#tell(order, { cluster });
    return { text: changed ? `the autoscaler looks after ${cluster} again` : `${cluster} was not paused` };
  }

  async #kick(order: OrderOf<'kick'>): Promise<OrderAnswer> {
    const { playerId } = order;
    const { nodes, silent } = await this.#options.kick(playerId);
    const unsure = silent === 0 ? '' : `; ${silent} nodes do not answer`;
    if (nodes.length === 0)
      throw new FleetError('PLAYER_UNKNOWN', { field: 'body.playerId', detail: playerId + unsure });
    this.#tell(order, { details: { playerId, nodes } });
    return { text: `${playerId} was on ${nodes.join(', ')}, and is gone${unsure}` };
  }

  async #maintenance(order: OrderOf<'maintenance'>): Promise<OrderAnswer> {
    const { on, untilMs = null } = order;
    const next = { ...this.#word(order), on, untilMs: on ? untilMs : null };
    await this.#options.book.change((orders) => {
      const { maintenance } = orders;
      const same = maintenance === null ? !on : maintenance.on === on && maintenance.untilMs === next.untilMs;
      return same ? orders : { ...orders, maintenance: next };
    });
    this.#tell(order, { details: { on, ...(untilMs !== null && { untilMs }) } });
    if (!on) return { text: 'players are let in again, those who were turned away a few at a time' };
    return {
      text: 'nobody is let in until "maintenance off"; rooms that are matched are started, games that run go on',
    };
  }

  /** Whether anything changed. */
  async #change(cluster: string, change: (orders: ClusterOrders) => ClusterOrders): Promise<boolean> {
    let changed = false;
    await this.#options.book.change((orders) => {
      const before = ordersOf(orders, cluster);
      const after = change(before);
      changed = after !== before;
      return changed ? withCluster(orders, cluster, after) : orders;
    });
    return changed;
  }

  #find(nodeId: string): { readonly cluster: string; readonly node: NodeSnapshot } {
    const { view } = this.#options;
    for (const cluster of view.clusters()) {
      const node = view.node(cluster, nodeId);
      if (node === undefined) continue;
      this.#scaling(cluster);
      return { cluster, node };
    }
    throw new FleetError('NODE_UNKNOWN', { field: 'body.nodeId', detail: nodeId });
  }

  #scaling(cluster: string): ScalingConfig {
    const { view, scaled } = this.#options;
    if (!view.clusters().includes(cluster)) {
      const detail = `${cluster}; there are ${view.clusters().join(', ')}`;
      throw new FleetError('CLUSTER_UNKNOWN', { field: 'body.cluster', detail });
    }
    const config = scaled.get(cluster);
    if (config === undefined) throw refused(`${cluster} has no autoscaler: SCALING says null`, 'body.cluster');
    return config;
  }

  #refusePaused(cluster: string): void {
    const { paused } = ordersOf(this.#options.book.orders, cluster);
    if (paused !== null) {
      throw refused(`${cluster} is paused by ${said(paused)}; "resume ${cluster}" first`, 'body.cluster');
    }
  }

  /** Nodes are replaced by those of a version: an order that cannot be begun would stand in silence. */
  async #refuseWithoutVersion(cluster: string): Promise<void> {
    const version = await this.#options.wantedVersion(cluster).catch((error: unknown) => {
      throw refused(`the fleet does not answer (${messageOf(error)}); try again in a moment`, 'body.cluster');
    });
    if (version !== null) return;
    throw refused(
      `the fleet does not say what version ${cluster} is to run; deploy it once, then roll`,
      'body.cluster',
    );
  }

  #word({ by, why }: Pick<OperatorOrder, 'by' | 'why'>): Word {
    return { by, why, atMs: this.#options.now() };
  }

  #tell({ order, by, why }: OperatorOrder, about: Pick<FleetEvent, 'cluster' | 'nodeId' | 'details'>): void {
    this.#options.events.emit({ kind: `order-${order}`, ...about, reason: why, by });
  }
}

function refused(detail: string, field: string): FleetError {
  return new FleetError('ORDER_REFUSED', { detail, field });
}
