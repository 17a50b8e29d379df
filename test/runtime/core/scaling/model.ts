import type { ScalingConfig } from '../../../../runtime/core/config/scaling';
import { decide } from '../../../../runtime/core/scaling/decide';
import { ceiling } from '../../../../runtime/core/scaling/out';
import { initialState, parseState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { Action, Direction, ScalingNode, ScalingSample } from '../../../../runtime/core/scaling/types';

/** When a silent node is given up, in milliseconds of the model's time. */
const RED_AFTER_MS = 10_000;
/** Joins reach their node this many steps later. */
const ARRIVAL_STEPS = 2;
const STEP_MS = 1_000;

interface ModelNode {
  readonly nodeId: string;
  readonly zone: string;
  readonly version: string;
  readonly launchedMs: number;
  /** When its process answers; never, for one that does not come up. */
  readonly upMs: number;
  phase: ScalingNode['phase'];
  sessions: number;
  /** Steps until each reservation arrives. */
  pending: number[];
  /** Answers nobody before this time. */
  hungUntilMs: number;
  crashed: boolean;
  /** As of its last answer. */
  seen: { phase: ScalingNode['phase']; sessions: number } | null;
  silentMs: number;
}

export interface ModelOptions {
  readonly config: ScalingConfig;
  readonly nodes: number;
  readonly capacity: number;
  readonly bootMs: number;
  /** A number from 0 up to 1, from a seed. */
  readonly random: () => number;
}

/** What may go wrong from now on; the test sets it, for a time. */
export interface Faults {
  /** Share of actions whose request is lost. */
  lostRequests: number;
  /** Share of actions that are performed, but whose answer is lost. */
  lostAcks: number;
  fleetDown: boolean;
  registryDown: boolean;
  /** No sample comes at all. */
  blind: boolean;
  /** The balancer's clock is wrong by this, in milliseconds. */
  skewMs: number;
  /** New nodes never come up. */
  stillborn: boolean;
}

export const NO_FAULTS: Faults = {
  lostRequests: 0,
  lostAcks: 0,
  fleetDown: false,
  registryDown: false,
  blind: false,
  skewMs: 0,
  stillborn: false,
};

/**
 * A fleet, its players, a registry and a balancer in virtual time, around the real `decide`: what happens is known here from
 * outside, so that the invariants are judged by the truth and not by what the balancer believes.
 */
export class FleetModel {
  readonly violations: string[] = [];
  readonly log: string[] = [];
  faults: Faults = { ...NO_FAULTS };
  nowMs = 1_000_000_000_000;
  desired: number;
  wantedVersion = 'v1';
  /** Players that want to be on the cluster. */
  demand = 0;
  /** The least that was open and answering since the test last set it. */
  leastOpen = Number.POSITIVE_INFINITY;
  state: ScalingState = initialState();
  private readonly nodes = new Map<string, ModelNode>();
  private readonly options: ModelOptions;
  private stamps: { out: number | null; in: number | null };
  private stored: ScalingState | null = null;
  private refused = 0;
  private serial = 0;
  /** When the fleet last really changed, or what began a cooldown was lost: the truth behind the stamps. */
  private last: { out: number; in: number };

  constructor(options: ModelOptions) {
    this.options = options;
    this.desired = options.nodes;
    this.stamps = { out: this.nowMs, in: this.nowMs };
    this.last = { out: this.nowMs, in: this.nowMs };
    for (let i = 0; i < options.nodes; i++) this.launch(0);
    for (const node of this.nodes.values()) node.seen = { phase: 'open', sessions: 0 };
  }

  get all(): readonly ModelNode[] {
    return [...this.nodes.values()];
  }

  /** Nodes that take joins. */
  get open(): readonly ModelNode[] {
    return this.all.filter((node) => this.answers(node) && node.phase === 'open');
  }

  /** Sessions and reservations. */
  get players(): number {
    return this.all.reduce((sum, { sessions, pending }) => sum + sessions + pending.length, 0);
  }

  node(index: number): ModelNode | undefined {
    return this.all[index % Math.max(1, this.nodes.size)];
  }

  crash(node: ModelNode | undefined): void {
    if (node !== undefined) Object.assign(node, { crashed: true, sessions: 0, pending: [] });
  }

  hang(node: ModelNode | undefined, forMs: number): void {
    if (node !== undefined) node.hungUntilMs = this.nowMs + forMs;
  }

  /** The registry lost everything. */
  wipe(): void {
    this.stamps = { out: null, in: null };
    this.stored = null;
    this.last = { out: this.nowMs, in: this.nowMs };
  }

  /** The balancer starts anew: what it knows is what was stored. */
  restart(): void {
    this.state = parseState(this.stored && JSON.stringify(this.stored));
  }

  /** One second: players come and go, the nodes are polled, one decision is taken and performed. */
  step(): void {
    this.nowMs += STEP_MS;
    this.replaceGone();
    this.movePlayers();
    const sample = this.faults.blind ? null : this.sample();
    if (sample !== null && !sample.massFailure) this.replaceRed();
    const balancerMs = this.nowMs + this.faults.skewMs;
    const decision = decide(this.state, sample && { ...sample, atMs: balancerMs }, balancerMs, this.options.config);
    this.judgeDecision(sample, decision.actions);
    if (this.faults.registryDown) {
      if (decision.stamps.length > 0) return;
    } else {
      for (const direction of decision.stamps) this.stamps[direction] = this.nowMs;
      this.stored = decision.state;
    }
    this.state = decision.state;
    for (const action of decision.actions) {
      this.log.push(
        `${this.nowMs - 1_000_000_000_000} ${action.kind} ${'nodeId' in action ? action.nodeId : action.size}`,
      );
      if (this.options.random() < this.faults.lostRequests) continue;
      this.perform(action);
    }
    this.leastOpen = Math.min(this.leastOpen, this.open.length);
  }

  private launch(bootMs: number): void {
    const nodeId = `n${this.serial++}`;
    this.nodes.set(nodeId, {
      nodeId,
      zone: 'abc'[this.serial % 3] ?? 'a',
      version: this.wantedVersion,
      launchedMs: this.nowMs,
      upMs: this.faults.stillborn ? Number.POSITIVE_INFINITY : this.nowMs + bootMs,
      phase: 'open',
      sessions: 0,
      pending: [],
      hungUntilMs: 0,
      crashed: false,
      seen: null,
      silentMs: 0,
    });
  }

  /** The fleet keeps its size: crashed processes vanish from its list, and missing ones are started. */
  private replaceGone(): void {
    for (const node of this.all) if (node.crashed) this.nodes.delete(node.nodeId);
    while (this.nodes.size < this.desired) this.launch(this.options.bootMs);
  }

  /** The watch loop's part: it reports the dead, sooner or later, and the fleet replaces them. */
  private replaceRed(): void {
    for (const node of this.all) {
      const red = node.seen !== null && node.silentMs >= RED_AFTER_MS;
      if (red && !this.faults.fleetDown && this.options.random() < 0.3) this.nodes.delete(node.nodeId);
    }
  }

  private answers(node: ModelNode): boolean {
    return !node.crashed && node.upMs <= this.nowMs && node.hungUntilMs <= this.nowMs;
  }

  /** Arrivals, departures, and churn of some percent a second; joins go to the emptiest node that the registry lists. */
  private movePlayers(): void {
    for (const node of this.all) {
      if (!this.answers(node) || node.phase === 'sealed') continue;
      node.sessions += node.pending.filter((steps) => steps <= 1).length;
      node.pending = node.pending.filter((steps) => steps > 1).map((steps) => steps - 1);
      node.sessions -= Math.min(node.sessions, Math.floor(node.sessions * 0.05 + 1.3 * this.options.random()));
    }
    let missing = this.demand - this.players;
    while (missing < 0) {
      const busiest = this.all.reduce((a, b) => (b.sessions > a.sessions ? b : a));
      if (busiest.sessions === 0) break;
      const leave = Math.min(-missing, Math.ceil(busiest.sessions / 2));
      busiest.sessions -= leave;
      missing += leave;
    }
    const listed = missing > 0 ? this.open.filter(({ seen }) => seen?.phase === 'open') : [];
    const free = (node: ModelNode): number => this.options.capacity - node.sessions - node.pending.length;
    for (; missing > 0; missing--) {
      const target = listed.reduce<ModelNode | null>((a, b) => (a === null || free(b) > free(a) ? b : a), null);
      if (target === null || free(target) === 0) {
        this.refused += missing;
        break;
      }
      target.pending.push(ARRIVAL_STEPS);
    }
  }

  private sample(): ScalingSample {
    for (const node of this.all) {
      const answers = this.answers(node);
      node.silentMs = answers ? 0 : node.silentMs + STEP_MS;
      if (answers) node.seen = { phase: node.phase, sessions: node.sessions };
    }
    const known = this.all.filter(({ seen }) => seen !== null);
    const silent = known.filter(({ silentMs }) => silentMs > 0);
    const massFailure = silent.length >= 2 && silent.length * 2 > known.length;
    const { refused } = this;
    this.refused = 0;
    return {
      atMs: this.nowMs,
      massFailure,
      refused,
      nodes: this.all.map((node) => this.asSeen(node, massFailure)),
      group: this.faults.fleetDown ? null : { desired: this.desired, wantedVersion: this.wantedVersion },
      cooldowns: this.faults.registryDown
        ? null
        : { outAgoMs: this.ago(this.stamps.out), inAgoMs: this.ago(this.stamps.in) },
    };
  }

  private ago(stampMs: number | null): number | null {
    return stampMs === null ? null : this.nowMs - stampMs;
  }

  private asSeen(node: ModelNode, massFailure: boolean): ScalingNode {
    const { seen, silentMs, nodeId, zone } = node;
    const silent = massFailure ? 'held' : silentMs >= RED_AFTER_MS ? 'red' : 'suspect';
    const sessions = seen?.sessions ?? 0;
    return {
      nodeId,
      zone,
      version: seen === null ? null : node.version,
      health: seen === null ? 'booting' : silentMs === 0 ? 'green' : silent,
      phase: seen?.phase ?? 'open',
      load: sessions + node.pending.length,
      sessions,
      pending: node.pending.length,
      capacity: this.options.capacity,
      launchedAtMs: node.launchedMs + this.faults.skewMs,
      silentMs,
    };
  }

  private perform(action: Action): void {
    if (action.kind === 'grow') {
      this.grow(action.size, action.reason.rule);
      return;
    }
    const node = this.nodes.get(action.nodeId);
    if (node === undefined) return;
    const reachable = this.answers(node);
    if (action.kind === 'terminate' || action.kind === 'replace') {
      this.end(node, action.kind);
    } else if (!reachable || node.phase === 'sealed') {
      return;
    } else if (action.kind === 'drain') {
      if (action.reason.rule === 'average' && node.phase === 'open') this.judgeCooldown('in', action.reason.rule);
      node.phase = 'draining';
    } else if (action.kind === 'undrain') {
      node.phase = 'open';
    } else if (action.kind === 'seal' && node.phase === 'draining' && node.sessions === 0) {
      if (node.pending.length > 0) this.violations.push(`S1: ${node.nodeId} sealed with a reservation`);
      node.phase = 'sealed';
    } else if (action.kind === 'move') {
      node.sessions -= Math.min(node.sessions, action.count);
    }
  }

  private grow(size: number, rule: string): void {
    if (this.faults.fleetDown || size <= this.desired) return;
    if (size > ceiling(this.options.config)) this.violations.push(`bounds: grown to ${size}`);
    this.judgeCooldown('out', rule);
    this.desired = size;
  }

  private end(node: ModelNode, kind: 'terminate' | 'replace'): void {
    if (this.faults.fleetDown) return;
    const inUse = node.sessions > 0 || node.pending.length > 0;
    if (this.answers(node) && inUse)
      this.violations.push(`S1: ${kind} of ${node.nodeId}, which answers and has players`);
    if (kind === 'terminate') {
      if (node.phase !== 'sealed' && node.silentMs < RED_AFTER_MS)
        this.violations.push(`S4: ${node.nodeId} was not sealed`);
      this.desired -= 1;
    }
    this.nodes.delete(node.nodeId);
    if (this.desired < this.options.config.minimum) this.violations.push(`bounds: shrunk to ${this.desired}`);
  }

  /** By the true time, not by the stamps. A batch of drains is one scale-in. */
  private judgeCooldown(direction: Direction, rule: string): void {
    const { config } = this.options;
    const sinceMs = this.nowMs - this.last[direction];
    const free = ['minimum', 'emergency', 'roll'].includes(rule) || (direction === 'in' && sinceMs === 0);
    if (!free && sinceMs < config[direction].cooldownMs) {
      this.violations.push(`S5: ${direction} by ${rule} ${sinceMs} ms after the last`);
    }
    if (rule !== 'roll') this.last[direction] = this.nowMs;
  }

  /** What no decision may contain, given what it was told. */
  private judgeDecision(sample: ScalingSample | null, actions: readonly Action[]): void {
    const has = (...of: Action['kind'][]): boolean => actions.some(({ kind }) => of.includes(kind));
    if (sample === null && actions.length > 0) this.violations.push('acted on nothing');
    if (sample?.massFailure && has('replace', 'terminate', 'seal', 'drain')) {
      this.violations.push('S8: took nodes away in a mass failure');
    }
    const uncertain = sample?.nodes.some(({ health }) => health !== 'green') || sample?.group === null;
    if (uncertain && actions.some(({ kind, reason }) => kind === 'drain' && reason.rule === 'average')) {
      this.violations.push('shrank on a partial sample');
    }
  }
}

/** Mulberry32: small, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
