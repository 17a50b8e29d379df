import { Condemned } from '../../../../runtime/balancer/watch/condemned';
import { type Known, nodeSnapshot, nodeUpdate } from '../../../../runtime/balancer/watch/describe-node';
import type { NodeFacts } from '../../../../runtime/balancer/watch/node-watch';
import { INITIAL_HEALTH, type PollOutcome, stepHealth } from '../../../../runtime/core/health';
import type { Phase } from '../../../../runtime/core/protocol/agent';
import type { ClusterSnapshot, Health } from '../../../../runtime/core/snapshot';
import type { Machine } from './machine';
import type { Standing } from './registry';

export const STEP_MS = 1_000;
/** When a silent node is given up, in milliseconds. */
const RED_AFTER_MS = 5_000;
/** Longer than a call to the fleet may be late, in milliseconds. */
const UNSURE_MS = 5_000;
const HEALTH = { pollMs: STEP_MS, redAfterMs: RED_AFTER_MS };

/** The balancer's watch loop: the real judgement of health and the real snapshots, over what the machines answer. */
export class ModelWatch {
  readonly condemned = new Condemned(UNSURE_MS);
  readonly #capacity: number;
  readonly #facts = new Map<string, NodeFacts>();
  /** Nodes that are being told to drain, until they have been heard of. */
  readonly #closing = new Set<string>();
  /** The phase that each node last told. */
  readonly #polled = new Map<string, Phase>();
  #health = INITIAL_HEALTH;
  #known: readonly Known[] = [];
  #snapshot: ClusterSnapshot = { cluster: 'game', atMs: 0, massFailure: false, nodes: [] };

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** As of the last poll and what was believed since. */
  get snapshot(): ClusterSnapshot {
    return this.#snapshot;
  }

  health(nodeId: string): Health | undefined {
    return this.#health.nodes.get(nodeId)?.health;
  }

  saidToLeave(nodeId: string): boolean {
    return this.#phase(nodeId) !== 'open';
  }

  /** Rule S7, as the view has it. What an order made of a node is known to who gave it; the peer learns it with its next poll. */
  joinable(nodeId: string, isOwner: boolean): boolean {
    const health = this.health(nodeId);
    const known = this.#snapshot.nodes.find((node) => node.nodeId === nodeId);
    const phase = isOwner ? known?.phase : this.#polled.get(nodeId);
    return (health === 'green' || health === 'held') && phase === 'open';
  }

  /** Polls every machine and judges; tells whom to report dead. */
  poll(machines: ReadonlyMap<string, Machine>, nowMs: number, skewMs: number): string[] {
    const polls = new Map<string, PollOutcome>();
    for (const machine of machines.values()) {
      const { nodeId } = machine;
      if (machine.answers(nowMs)) {
        this.#facts.set(nodeId, this.#answer(machine));
        this.#polled.set(nodeId, machine.phase);
        this.#closing.delete(nodeId);
        polls.set(nodeId, { kind: 'answered', startId: nodeId });
      } else polls.set(nodeId, { kind: 'missed', count: 1, sentAtMs: nowMs });
    }
    const leaving = new Set([...machines.keys()].filter((nodeId) => this.saidToLeave(nodeId)));
    const sample = { listed: new Set(machines.keys()), condemned: this.condemned.all(nowMs), leaving, polls };
    const step = stepHealth(this.#health, sample, nowMs, HEALTH);
    this.#health = step.state;
    this.#known = [...machines.values()].map((machine) => this.#describe(machine));
    this.#publish(nowMs + skewMs);
    return step.actions.flatMap((action) => (action.kind === 'report' ? [action.nodeId] : []));
  }

  /** It is about to be told to drain. */
  close(machine: Machine): void {
    this.#closing.add(machine.nodeId);
    this.#look(machine);
  }

  /** What an order made of a node is believed at once. */
  believe(machine: Machine, phase: Phase): void {
    const facts = this.#facts.get(machine.nodeId);
    if (facts !== undefined) this.#facts.set(machine.nodeId, { ...facts, phase });
    this.#look(machine);
  }

  /** What the owner writes of each node. */
  *standings(): Iterable<[string, Standing]> {
    for (const known of this.#known) {
      const update = known.health === 'booting' || known.health === 'red' ? null : nodeUpdate(known);
      if (update !== null) yield [update.nodeId, update.standing];
    }
  }

  #phase(nodeId: string): Phase {
    return this.#facts.get(nodeId)?.phase ?? 'open';
  }

  #look(machine: Machine): void {
    this.#known = this.#known.map((known) =>
      known.instance.nodeId === machine.nodeId ? this.#describe(machine) : known,
    );
    this.#publish(this.#snapshot.atMs);
  }

  #publish(atMs: number): void {
    const { massFailure } = this.#health;
    this.#snapshot = { cluster: 'game', atMs, massFailure, nodes: this.#known.map(nodeSnapshot) };
  }

  #answer({ nodeId, version, phase, sessions }: Machine): NodeFacts {
    const capacity = this.#capacity;
    return { startId: nodeId, version, phase, sessions, connections: sessions, capacity, loopDelayMs: 0, rssBytes: 0 };
  }

  #describe({ nodeId, zone, launchedAtMs, pending }: Machine): Known {
    const health = this.#health.nodes.get(nodeId);
    return {
      instance: { nodeId, cluster: 'game', endpoint: 'http://127.0.0.1:1', zone, launchedAtMs, state: 'running' },
      facts: this.#facts.get(nodeId) ?? null,
      health: health?.health ?? 'booting',
      closing: this.#closing.has(nodeId),
      silentMs: health?.silentMs ?? 0,
      pending,
      weight: this.#capacity,
      window: this.#capacity,
    };
  }
}
