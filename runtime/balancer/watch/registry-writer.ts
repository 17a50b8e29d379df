import type { Logger } from 'pino';
import { AGENT_PROTOCOL } from '../../core/protocol/agent';
import { type NodeUpdate, type RefreshResult, type SeatRegistry, StaleEpoch } from '../../registry/types';
import { Complaints, messageOf } from '../complaints';
import type { EventSink } from '../events';
import type { Arrivals } from './backlog';
import { type RoomsRegistry, settleMembers } from './memberships';
import type { NodeWatch } from './node-watch';

/** Who may write, evict and scale. */
export interface Ownership {
  /** The epoch under which this balancer owns the cluster; null when it does not. */
  epoch(cluster: string): number | null;
}

/** The registry of one cluster, as far as the watch loop writes it. */
export interface ClusterRegistry {
  readonly seats: Pick<SeatRegistry, 'refresh' | 'suspend' | 'node'>;
  /** For a cluster whose nodes have rooms. */
  readonly rooms?: RoomsRegistry;
}

/** One node as it is to be written. */
export interface NodeEntry {
  readonly watch: NodeWatch;
  readonly update: Omit<NodeUpdate, 'arrivals'>;
}

/** Where the writer gets what it writes, and tells what came of it. */
interface WriterSource {
  /** False while there are nodes that are not looked at yet: what is written would lack them, and so remove them. */
  complete(): boolean;
  /** Listed nodes of which nothing is known yet: the registry may know them from before our start. */
  strangers(): readonly string[];
  /** What the registry said of a stranger; null: nothing. */
  introduce(nodeId: string, update: NodeUpdate | null): void;
  /** All nodes that the registry is to hold. */
  entries(): readonly NodeEntry[];
  refreshed(result: RefreshResult, arrivals: ReadonlyMap<string, Arrivals>): void;
  /** Whether every node that answers has reported everything since the last `resync`. */
  whole(): boolean;
  /** Everything is to be reported again: the registry may have lost it, or another balancer wrote until now. */
  resync(): void;
  /** Nothing of what was reported is ours to write. */
  discard(): void;
}

interface WriterOptions {
  readonly cluster: string;
  readonly registry: ClusterRegistry;
  readonly ownership: Ownership;
  readonly source: WriterSource;
  readonly events: EventSink;
  readonly log: Logger;
}

/** Time limit of an order to close a room, in milliseconds. */
const ORDER_TIMEOUT_MS = 800;

/** Writes one cluster's ticks to the registry, one at a time: a slow or dead Redis delays this, and nothing else. */
export class RegistryWriter {
  readonly #options: WriterOptions;
  readonly #complaints: Complaints;
  #ownedEpoch: number | null = null;
  #writing = false;
  /** The nodes are being written. */
  #refreshing: Promise<unknown> = Promise.resolve();
  #failing = false;
  #gathering = false;
  #trouble: string | null = 'nothing was written yet';

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  /** Why the registry does not hold the last tick; null when it does, or another balancer sees to it. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The registry has lost rooms, and waits for the nodes' answers. */
  get gathering(): boolean {
    return this.#gathering;
  }

  /** Writes what there is now. While a write is under way this does nothing: the next tick has it all. Never rejects. */
  async write(): Promise<void> {
    if (this.#writing) return;
    const { cluster, ownership, source } = this.#options;
    const epoch = ownership.epoch(cluster);
    if (epoch === null) {
      this.#ownedEpoch = null;
      this.#gathering = false;
      this.#trouble = null;
      source.discard();
      return;
    }
    if (!source.complete()) return;
    this.#writing = true;
    try {
      if (epoch !== this.#ownedEpoch) {
        await this.#gather(epoch, false);
        source.resync();
      }
      this.#ownedEpoch = epoch;
      await this.#refresh(epoch);
      const whole = source.whole();
      await this.#reportRooms(epoch);
      if (await this.#gather(epoch, whole && (await this.#recalled()))) source.resync();
      this.#settle();
    } catch (error) {
      if (error instanceof StaleEpoch) this.#superseded(error);
      else this.#raise(messageOf(error));
    } finally {
      this.#writing = false;
    }
  }

  /** Takes nodes out of the joins between two ticks. Never rejects: the next refresh says the same. */
  async suspend(nodeIds: readonly string[]): Promise<void> {
    const { cluster, ownership, registry } = this.#options;
    const epoch = ownership.epoch(cluster);
    if (epoch === null) return;
    try {
      await Promise.all(nodeIds.map((nodeId) => registry.seats.suspend(nodeId, epoch)));
    } catch (error) {
      this.#complaints.raise(cluster, messageOf(error));
    }
  }

  /** The same for one node, after whatever was put together before it was known to leave. @throws when it cannot be written */
  async suspendAfterWrites(nodeId: string, epoch: number): Promise<void> {
    await this.#refreshing;
    await this.#options.registry.seats.suspend(nodeId, epoch);
  }

  async #refresh(epoch: number): Promise<void> {
    const { source, registry } = this.#options;
    await Promise.all(
      source.strangers().map(async (nodeId) => source.introduce(nodeId, await registry.seats.node(nodeId))),
    );
    const entries = source.entries();
    const arrivals = new Map(entries.map(({ watch, update }) => [update.nodeId, watch.backlog.arrivals()]));
    const nodes = entries.map(({ update }) => ({ ...update, arrivals: arrivals.get(update.nodeId)?.rids ?? [] }));
    const refreshing = registry.seats.refresh({ epoch, nodes });
    this.#refreshing = refreshing.catch(() => undefined);
    const result = await refreshing;
    for (const { watch, update } of entries) {
      const written = arrivals.get(update.nodeId);
      if (written !== undefined) watch.backlog.arrivalsWritten(written);
    }
    source.refreshed(result, arrivals);
  }

  /** True when the registry has just been found to lack rooms, and every node is to report its own again. */
  async #gather(epoch: number, whole: boolean): Promise<boolean> {
    const { registry, cluster, events } = this.#options;
    const state = (await registry.rooms?.registry.gather(epoch, whole)) ?? 'gathered';
    const was = this.#gathering;
    this.#gathering = state !== 'gathered';
    if (this.#gathering && !was) {
      const reason = 'the registry may have lost rooms; none is placed before every node has reported';
      events.emit({ kind: 'rooms-missing', cluster, reason });
    }
    if (was && !this.#gathering) events.emit({ kind: 'rooms-known', cluster, reason: 'every node has reported' });
    return state === 'ask';
  }

  async #recalled(): Promise<boolean> {
    if (!this.#gathering) return false;
    try {
      await this.#options.registry.rooms?.recall?.();
      return true;
    } catch (error) {
      this.#options.log.warn(
        { reason: messageOf(error) },
        'no room is placed: the places given last are not known yet',
      );
      return false;
    }
  }

  async #reportRooms(epoch: number): Promise<void> {
    const { registry, source } = this.#options;
    const { rooms } = registry;
    const entries = source.entries();
    const watches = new Map(entries.map(({ watch, update }) => [update.nodeId, watch]));
    await Promise.all(
      entries.map(async ({ watch, update }) => {
        const reports = watch.backlog.rooms();
        if (reports.length === 0) return;
        if (rooms !== undefined) {
          const outcomes = await rooms.registry.report(update.nodeId, update.startId, reports, epoch);
          const byRoom = new Map(outcomes.map((outcome) => [outcome.roomId, outcome]));
          await Promise.all(
            reports.map(async (report) => {
              const outcome = byRoom.get(report.roomId);
              if (outcome?.outcome === 'ok') await settleMembers(rooms, report, this.#gathering);
              const told = outcome?.close == null ? undefined : watches.get(outcome.close.nodeId);
              // The reporting node has closed it already.
              if (outcome?.close == null || (told === watch && report.status === 'closed')) return;
              if (told !== undefined) this.#closeRoom(told, report.roomId, outcome.close.gen, epoch);
            }),
          );
        }
        watch.backlog.roomsWritten(reports);
      }),
    );
  }

  /** The node does not know that the room was given away. When the order is lost, all is reported, and ordered, again. */
  #closeRoom(watch: NodeWatch, roomId: string, gen: number, epoch: number): void {
    const order = { v: AGENT_PROTOCOL, kind: 'closeRoom', epoch, roomId, gen } as const;
    const failed = (reason: string) =>
      this.#options.log.warn({ roomId, gen, reason }, 'a room that lives elsewhere was not closed');
    watch.probe.order(order, ORDER_TIMEOUT_MS).then(
      (reply) => {
        if (!reply.ok) failed(reply.message);
      },
      (error) => {
        failed(messageOf(error));
        watch.resync();
      },
    );
  }

  /** The registry works; it is the peer's to write. Our own lease says so at its next look. */
  #superseded(error: StaleEpoch): void {
    const { log, source } = this.#options;
    log.warn(error.message);
    this.#ownedEpoch = null;
    this.#trouble = null;
    source.discard();
  }

  #raise(message: string): void {
    const { cluster, events } = this.#options;
    if (!this.#failing) events.emit({ kind: 'registry-unavailable', cluster, reason: message });
    this.#failing = true;
    this.#trouble = message;
    this.#complaints.raise(cluster, message);
  }

  #settle(): void {
    const { cluster, events, source } = this.#options;
    if (this.#failing) {
      events.emit({ kind: 'registry-back', cluster, reason: 'the registry is written again' });
      source.resync();
    }
    this.#failing = false;
    this.#trouble = null;
    this.#complaints.settle(cluster);
  }
}
