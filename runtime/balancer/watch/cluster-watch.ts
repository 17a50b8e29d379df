import type { Logger } from 'pino';
import { adopt, type HealthConfig, type HealthState, INITIAL_HEALTH, stepHealth, suspectNow } from '../../core/health';
import type { AnyOrder, OrderReply } from '../../core/protocol/agent';
import type { ClusterSnapshot, Health } from '../../core/snapshot';
import type { Fleet } from '../../fleet/port';
import type { NodeUpdate, RefreshResult } from '../../registry/types';
import type { EventSink } from '../events';
import type { Arrivals } from './backlog';
import { type Known, nodeSnapshot, nodeUpdate } from './describe-node';
import { healthEvents } from './health-events';
import { type Consolidation, withLastChoices } from './last-choice';
import { replaceAfterLastLook } from './last-look';
import type { ProbeFactory } from './probe';
import { type ClusterRegistry, type NodeEntry, type Ownership, RegistryWriter } from './registry-writer';
import { Replacements } from './replacements';
import { Roster } from './roster';
import { Weights } from './weights';
import { Windows } from './windows';

export interface ClusterWatchOptions {
  readonly cluster: string;
  readonly registry: ClusterRegistry;
  readonly fleet: Pick<Fleet, 'describe' | 'reportUnhealthy'>;
  readonly probe: ProbeFactory;
  readonly ownership: Ownership;
  /** Whether a node that is silent to us may be replaced now (S1); asked each tick. @default always */
  readonly mayReplace?: (cluster: string, nodeId: string) => boolean;
  /** An autoscaler lets nodes of this cluster go, and ends them when they die on their way. @default false */
  readonly scaled?: boolean;
  /** Joins go to as few nodes as this allows; null: evenly over all. @default null */
  readonly consolidation?: Consolidation | null;
  readonly events: EventSink;
  readonly log: Logger;
  readonly health: HealthConfig;
  /** Gets each snapshot. */
  readonly publish: (snapshot: ClusterSnapshot) => void;
  /** Told how long each tick took, in milliseconds, without what it does not wait for. @default nobody */
  readonly onTick?: (cluster: string, tookMs: number) => void;
}

/** Silences of this long are handled together, in milliseconds: many nodes often fall silent at once. */
const GATHER_MS = 10;

/** Watches one cluster: judges its nodes each tick and at once when one falls silent, and has the registry written. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #roster: Roster;
  readonly #writer: RegistryWriter;
  readonly #replacements: Replacements;
  #health: HealthState = INITIAL_HEALTH;
  readonly #weights = new Weights();
  #pending: RefreshResult['pending'] = new Map();
  readonly #windows = new Windows();
  /** Nodes that the registry was asked about. */
  readonly #introduced = new Set<string>();
  /** Nodes that were seen sealed. */
  readonly #sealed = new Set<string>();
  /** Nodes that fell silent and are not marked yet, with the time of the poll. */
  readonly #silenced = new Map<string, number>();
  #gathering: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    const { cluster, fleet, probe, health, log } = options;
    const heardAtMs = (nodeId: string) => this.#roster.watches.get(nodeId)?.heardAtMs ?? 0;
    const tell = (nodeId: string) => replaceAfterLastLook(nodeId, () => heardAtMs(nodeId), options);
    const onSilent = (nodeId: string, sentAtMs: number) => this.#silent(nodeId, sentAtMs);
    const onWhole = () => this.#heardWhole();
    this.#roster = new Roster({ cluster, fleet, probe, pollMs: health.pollMs, onWhole, onSilent, log });
    this.#replacements = new Replacements(tell, () => performance.now(), log);
    this.#writer = new RegistryWriter({
      ...options,
      source: {
        complete: () => this.#roster.complete,
        strangers: () => this.#strangers(),
        introduce: (nodeId, update) => this.#introduce(nodeId, update),
        entries: () => this.#entries(),
        refreshed: (result, arrivals) => this.#refreshed(result, arrivals),
        whole: () => this.#isWhole(),
        resync: () => this.#resync(),
        discard: () => this.#discard(),
      },
    });
  }

  /** The first tick comes a second later: by then the nodes that are there have answered. */
  start(): void {
    void this.#roster.describe();
    this.#ticking = setInterval(() => {
      const sinceMs = performance.now();
      this.#tick();
      this.#options.onTick?.(this.#options.cluster, performance.now() - sinceMs);
      void this.#roster.describe();
    }, this.#options.health.pollMs);
  }

  stop(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#gathering);
    this.#roster.stop();
  }

  /** Gives an order to a node. What the node has become by it is believed, shown and written at once, not with its next poll (S7). */
  async order(nodeId: string, order: AnyOrder, timeoutMs: number): Promise<OrderReply> {
    const watch = this.#roster.watches.get(nodeId);
    if (watch === undefined) throw new Error('there is no channel to it');
    const give = () => watch.probe.order(order, timeoutMs);
    const reply = await (order.kind === 'drain' ? watch.close(give) : give());
    if (reply.ok && watch.facts !== null && watch.facts.phase !== reply.phase) {
      watch.facts = { ...watch.facts, phase: reply.phase };
      this.#publish();
      void this.#writer.write();
    }
    return reply;
  }

  /** Takes a node that is about to be told to drain out of the joins, here and in the registry, until it is heard of again. */
  async suspend(nodeId: string, epoch: number): Promise<void> {
    const watch = this.#roster.watches.get(nodeId);
    if (watch === undefined) throw new Error('there is no channel to it');
    const suspended = watch.close(() => this.#writer.suspendAfterWrites(nodeId, epoch));
    this.#publish();
    await suspended;
  }

  /** Has a node replaced that does not come up; it gets no players from now on. Rejects when the fleet may not know. */
  async replace(nodeId: string): Promise<void> {
    await this.#replacements.tell(nodeId);
    this.look();
  }

  /** The fleet was told to change something: sees what it lists now. */
  look(): void {
    void this.#roster.describe();
  }

  /** What keeps this cluster from being served, for a person to read; null when nothing does. */
  trouble(): string | null {
    return this.#roster.instances === null ? 'the fleet has not listed its instances yet' : this.#writer.trouble;
  }

  #tick(): void {
    const { instances } = this.#roster;
    if (instances === null) return;
    const nowMs = performance.now();
    const sample = {
      listed: new Set(instances.keys()),
      condemned: this.#replacements.condemned(),
      ...(this.#options.scaled && { leaving: this.#roster.leaving() }),
      polls: this.#roster.outcomes(),
    };
    const step = stepHealth(this.#health, sample, nowMs, this.#options.health);
    this.#change(step.state, step.actions);
    const { cluster, ownership, mayReplace = () => true } = this.#options;
    const owned = ownership.epoch(cluster) !== null;
    for (const action of step.actions) {
      if (action.kind === 'report' && owned && mayReplace(cluster, action.nodeId)) {
        void this.#replacements.report(action.nodeId);
      }
      if (action.kind === 'evict' && action.reason === 'gone') this.#forget(action.nodeId);
    }
    this.#weights.step(this.#roster.watches);
    this.#publish();
    void this.#writer.write();
  }

  #silent(nodeId: string, sentAtMs: number): void {
    this.#silenced.set(nodeId, sentAtMs);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#suspect();
    }, GATHER_MS);
  }

  /** Between two ticks: who fell silent just now takes no joins from now on. */
  #suspect(): void {
    const before = this.#health;
    const after = suspectNow(before, this.#silenced, performance.now(), this.#options.health);
    const candidates = [...this.#silenced.keys()];
    this.#silenced.clear();
    if (after === before) return;
    this.#change(after, []);
    this.#publish();
    if (after.massFailure !== before.massFailure) void this.#writer.write();
    void this.#writer.suspend(candidates.filter((nodeId) => after.nodes.get(nodeId)?.health === 'suspect'));
  }

  #change(after: HealthState, actions: Parameters<typeof healthEvents>[3]): void {
    const before = this.#health;
    this.#health = after;
    const { cluster, events } = this.#options;
    const trouble = (nodeId: string) => this.#roster.watches.get(nodeId)?.trouble ?? 'it cannot be reached';
    const sealed = (nodeId: string) => this.#sealed.has(nodeId);
    for (const event of healthEvents(cluster, before, after, actions, trouble, sealed)) events.emit(event);
  }

  #publish(): void {
    const nodes = [...this.#known()].map(nodeSnapshot);
    for (const { nodeId, phase } of nodes) if (phase === 'sealed') this.#sealed.add(nodeId);
    const { cluster, publish } = this.#options;
    publish({ cluster, atMs: Date.now(), massFailure: this.#health.massFailure, nodes });
  }

  *#known(): Iterable<Known> {
    for (const [nodeId, instance] of this.#roster.instances ?? []) {
      const facts = this.#roster.watches.get(nodeId)?.facts ?? null;
      const health = this.#health.nodes.get(nodeId);
      yield {
        instance,
        facts,
        health: health?.health ?? 'booting',
        silentMs: health?.silentMs ?? 0,
        pending: this.#pending.get(nodeId)?.count ?? 0,
        weight: this.#weights.of(nodeId) ?? facts?.capacity ?? 0,
        closing: this.#roster.watches.get(nodeId)?.closing ?? false,
        window: this.#windows.of(nodeId, facts?.startId),
      };
    }
  }

  #entries(): readonly NodeEntry[] {
    const entries: NodeEntry[] = [];
    for (const known of this.#known()) {
      const watch = this.#roster.watches.get(known.instance.nodeId);
      const update = WRITTEN.has(known.health) ? nodeUpdate(known) : null;
      if (watch !== undefined && update !== null) entries.push({ watch, update });
    }
    return withLastChoices(entries, this.#options.consolidation ?? null);
  }

  #refreshed(result: RefreshResult, arrivals: ReadonlyMap<string, Arrivals>): void {
    this.#pending = result.pending;
    for (const [nodeId, { expired }] of result.pending) {
      const facts = this.#roster.watches.get(nodeId)?.facts;
      if (facts === null || facts === undefined) continue;
      const { startId, capacity } = facts;
      const news = arrivals.get(nodeId)?.news ?? 0;
      this.#windows.step(nodeId, startId, { arrivals: news, expired, capacity });
    }
  }

  #strangers(): readonly string[] {
    return [...this.#roster.watches]
      .filter(([nodeId, { facts }]) => facts === null && !this.#introduced.has(nodeId))
      .map(([nodeId]) => nodeId);
  }

  /** We have just started and it does not answer, but it served before: it is silent, not booting, and not forgotten. */
  #introduce(nodeId: string, update: NodeUpdate | null): void {
    this.#introduced.add(nodeId);
    const watch = this.#roster.watches.get(nodeId);
    if (update === null || watch === undefined || watch.facts !== null) return;
    const { startId, version, sessions, connections, capacity, standing, window } = update;
    const phase = standing === 'draining' || standing === 'sealed' ? standing : 'open';
    watch.facts = { startId, version, sessions, connections, capacity, phase, loopDelayMs: 0, rssBytes: 0 };
    this.#windows.set(nodeId, startId, window);
    this.#health = adopt(this.#health, nodeId, startId);
  }

  #resync(): void {
    this.#introduced.clear();
    for (const watch of this.#roster.watches.values()) watch.resync();
  }

  /** Held nodes are waited for as well: they may all be there, and it is we who cannot hear them. */
  #isWhole(): boolean {
    for (const [nodeId, watch] of this.#roster.watches) {
      const health = this.#health.nodes.get(nodeId)?.health;
      if ((health === 'green' || health === 'held') && !watch.isWhole) return false;
    }
    return true;
  }

  /** Rooms wait for the last answer: it is written at once. */
  #heardWhole(): void {
    if (this.#writer.gathering && this.#isWhole()) void this.#writer.write();
  }

  #discard(): void {
    for (const watch of this.#roster.watches.values()) watch.backlog.clear();
  }

  #forget(nodeId: string): void {
    this.#replacements.forget(nodeId);
    this.#windows.forget(nodeId);
    this.#introduced.delete(nodeId);
    this.#silenced.delete(nodeId);
    this.#sealed.delete(nodeId);
  }
}

/** Nodes that the registry holds: booting ones have not answered yet, red ones are evicted. */
const WRITTEN: ReadonlySet<Health> = new Set<Health>(['green', 'suspect', 'held']);
