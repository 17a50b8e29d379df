import type { Random } from '../random';
import type { Demand } from '../trace/demand';
import { TICK_MS } from '../trace/demand';
import { NOTICE_MS, type Physics } from './physics';
import { Placement } from './placement';
import { Players } from './players';
import { SimNode } from './sim-node';

const ZONES = ['a', 'b', 'c'] as const;
const DAY_MS = 86_400_000;

export interface ClusterOptions {
  readonly demand: Demand;
  readonly physics: Physics;
  readonly random: Random;
  /** Whether a full node refuses players. */
  readonly refuse: boolean;
  /** Nodes that are up when the trace begins. */
  readonly nodes: number;
}

/** Counts that grow through a run. */
export interface Tally {
  /** Instances started, those at the beginning not counted. */
  launches: number;
  /** Sessions that a decision forced to end. */
  cutOff: number;
  /** Sessions that crashes and AWS ended. */
  lost: number;
  /** Time that instances existed, in milliseconds. */
  instanceMs: number;
}

/** A group of instances with players on them, in virtual time: what AWS, the processes and the players do, whoever decides. */
export class Cluster {
  readonly nodes = new Set<SimNode>();
  readonly tally: Tally = { launches: 0, cutOff: 0, lost: 0, instanceMs: 0 };
  readonly players: Players;
  readonly physics: Physics;
  readonly demand: Demand;
  /** Instances that the group keeps up, those that drain included. */
  desired: number;
  tick = 0;
  readonly #placement: Placement;
  readonly #byIndex: (SimNode | undefined)[] = [];
  readonly #random: Random;

  constructor({ demand, physics, random, refuse, nodes }: ClusterOptions) {
    this.demand = demand;
    this.physics = physics;
    this.#random = random;
    this.#placement = new Placement(refuse);
    const { retryMs, patienceMs } = physics;
    const node = (index: number) => this.#byIndex[index];
    this.players = new Players({ demand, placement: this.#placement, node, refuse, retryMs, patienceMs });
    this.desired = nodes;
    for (let i = 0; i < nodes; i++) this.#come(this.#add(0));
  }

  /** Unix milliseconds. */
  get nowMs(): number {
    return this.demand.startMs + this.tick * TICK_MS;
  }

  /** Nodes that take joins. */
  get open(): number {
    return this.#placement.size;
  }

  /** Most nodes are silent at once (rule S8). */
  get massFailure(): boolean {
    let silent = 0;
    for (const node of this.nodes) if (node.silentSinceMs !== null) silent += 1;
    return silent >= 2 && 2 * silent > this.nodes.size;
  }

  /** One second of instances and players; the decisions come after it. */
  step(tick: number): void {
    this.tick = tick;
    const { nowMs } = this;
    for (const node of this.nodes) this.#age(node, nowMs);
    this.#fill();
    this.players.step(tick);
    this.tally.instanceMs += this.nodes.size * TICK_MS;
  }

  /** Whether the fleet's API refuses calls now. */
  get throttled(): boolean {
    return this.#span('throttled') !== undefined;
  }

  /** The group is to keep up so many. */
  grow(size: number): void {
    if (!this.throttled) this.desired = Math.max(this.desired, size);
  }

  /** These are last choice for joins from now on, and no others. */
  spare(nodes: ReadonlySet<SimNode>): void {
    for (const node of this.nodes) {
      if (node.spare === nodes.has(node)) continue;
      node.spare = !node.spare;
      this.#placement.changed(node);
    }
  }

  /** No new joins. @param forcedAtMs when who is still there is made to leave; null: never. */
  drain(node: SimNode, forcedAtMs: number | null): void {
    if (node.phase !== 'open') return;
    node.phase = 'draining';
    node.forcedAtMs = forcedAtMs;
    this.#placement.remove(node);
  }

  undrain(node: SimNode): void {
    if (node.phase !== 'draining') return;
    node.phase = 'open';
    node.forcedAtMs = null;
    if (node.health === 'green') this.#placement.add(node);
  }

  /** Ends it and lowers the size; players who are still there are cut off. False when the fleet refuses the call. */
  terminate(node: SimNode): boolean {
    if (this.throttled) return false;
    this.desired -= 1;
    this.tally.cutOff += this.#remove(node);
    return true;
  }

  /** Ends it; the group starts another. */
  replace(node: SimNode): void {
    if (!this.throttled) this.tally.lost += this.#remove(node);
  }

  /** The machine's process dies: it is silent from now on, and its players are gone. */
  crash(node: SimNode): void {
    if (node.silentSinceMs !== null || node.health === 'booting') return;
    node.silentSinceMs = this.nowMs;
    node.health = 'suspect';
    this.#placement.remove(node);
    this.tally.lost += this.players.scatter(node, this.tick);
  }

  #age(node: SimNode, nowMs: number): void {
    if (node.health === 'booting') {
      if (node.upAtMs <= nowMs) this.#come(node);
    } else if (node.silentSinceMs === null) this.#mishap(node);
    if (node.silentSinceMs !== null) {
      node.silentMs = nowMs - node.silentSinceMs;
      if (node.silentMs >= this.physics.redAfterMs) {
        // The owner reports it, and the group replaces it, unless it was leaving: then the decision ends it.
        if (node.phase === 'open') this.replace(node);
        else node.health = 'red';
      }
    }
    if (node.endsAtMs !== null && node.endsAtMs <= nowMs) this.tally.lost += this.#remove(node);
    else if (node.forcedAtMs !== null && (node.forcedAtMs <= nowMs || node.sessions === 0)) this.terminate(node);
  }

  #come(node: SimNode): void {
    node.health = 'green';
    if (node.phase === 'open') this.#placement.add(node);
  }

  #mishap(node: SimNode): void {
    const { crashesPerNodeDay, interruptionsPerNodeDay } = this.physics.faults;
    if (crashesPerNodeDay > 0 && this.#random.next() < (crashesPerNodeDay * TICK_MS) / DAY_MS) this.crash(node);
    if (interruptionsPerNodeDay === 0 || node.leaving) return;
    if (this.#random.next() >= (interruptionsPerNodeDay * TICK_MS) / DAY_MS) return;
    node.leaving = true;
    node.endsAtMs = this.nowMs + NOTICE_MS;
  }

  /** Starts what is missing, where instances can be had. */
  #fill(): void {
    if (this.#span('no-capacity') !== undefined) return;
    for (let missing = this.desired - this.nodes.size; missing > 0; missing--) {
      this.tally.launches += 1;
      this.#add(this.#bootMs());
    }
  }

  #add(bootMs: number): SimNode {
    const index = this.#byIndex.length;
    const zone = ZONES[index % ZONES.length] ?? 'a';
    const node = new SimNode(index, zone, this.physics.capacity, this.nowMs, this.nowMs + bootMs);
    this.#byIndex.push(node);
    this.nodes.add(node);
    return node;
  }

  #bootMs(): number {
    const { bootMs, bootSpread, faults } = this.physics;
    const drawn = bootMs * Math.exp(bootSpread * this.#random.normal());
    if (faults.stillborn > 0 && this.#random.next() < faults.stillborn) return Number.POSITIVE_INFINITY;
    const slow = this.#span('slow-boots');
    return slow === undefined ? drawn : drawn * (slow.factor ?? 3);
  }

  /** Returns how many players were on it. */
  #remove(node: SimNode): number {
    this.nodes.delete(node);
    this.#placement.remove(node);
    node.phase = 'sealed';
    const there = node.sessions > 0 ? this.players.scatter(node, this.tick) : 0;
    this.#byIndex[node.index] = undefined;
    return there;
  }

  #span(kind: Physics['faults']['spans'][number]['kind']): Physics['faults']['spans'][number] | undefined {
    const { spans } = this.physics.faults;
    if (spans.length === 0) return undefined;
    const atMs = this.tick * TICK_MS;
    return spans.find((span) => span.kind === kind && span.fromMs <= atMs && atMs < span.toMs);
  }
}
