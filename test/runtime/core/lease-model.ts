import {
  claimOf,
  decideLease,
  epochFloor,
  INITIAL_LEASE,
  isCurrent,
  type Lease,
  type LeaseAction,
  type LeaseConfig,
  type LeasePeer,
  type LeaseState,
  leaseTaken,
  ownedEpoch,
} from '../../../runtime/core/lease';
import { INITIAL_PEER, isSteady, type PeerConfig, type PeerState, stepPeer } from '../../../runtime/core/peer';

/** Two balancers, a registry and a node in virtual time, with everything between them unreliable. Times in milliseconds. */
const LEASE: LeaseConfig = { ttlMs: 3_000, marginMs: 500, peerSilentMs: 1_500, startGraceMs: 5_000 };
const PEER: PeerConfig = { pingMs: 500, silentMs: 1_500, steadyMs: 2_500 };
const TIMEOUT_MS = 1_000;
export const STEP_MS = 25;
/** So long it may take until the peer has heard of a change of owner, when nothing is broken. */
const UNHEARD_MS = 1_500;

export type Who = 'a' | 'b';
export type Fault =
  | { readonly kind: 'pause' | 'crash'; readonly who: Who; readonly atMs: number; readonly forMs: number }
  | {
      readonly kind: 'cut';
      readonly link: 'a-registry' | 'b-registry' | 'a-b';
      readonly atMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'flush'; readonly atMs: number; readonly forMs: 0 };

export interface World {
  /** How much faster than the registry's clock each balancer's runs, e.g. 0.03. */
  readonly drift: Readonly<Record<Who, number>>;
  /** How far each balancer's wall clock is ahead. */
  readonly aheadMs: Readonly<Record<Who, number>>;
  /** One way, for each message in turn. */
  readonly delaysMs: readonly number[];
  readonly faults: readonly Fault[];
}

interface View {
  readonly owner: string;
  readonly canRenew: boolean;
  readonly claim: number;
}

export class Model {
  nowMs = 0;
  /** Every epoch that the registry gave, in order. */
  readonly granted: number[] = [];
  /** The registry was emptied before the peer could have heard of the last change of owner. */
  unlucky = false;
  #grantedMs = Number.NEGATIVE_INFINITY;
  readonly world: World;
  readonly balancers: { readonly a: Balancer; readonly b: Balancer };
  nodeEpoch = 0;
  #lease: { readonly lease: Lease; readonly endsMs: number } | null = null;
  #epoch = 0;
  #messages: { readonly atMs: number; readonly to: Who | null; readonly deliver: () => void }[] = [];
  #sent = 0;
  readonly #flushed = new Set<Fault>();

  constructor(world: World) {
    this.world = world;
    this.balancers = { a: new Balancer(this, 'a'), b: new Balancer(this, 'b') };
  }

  step(): void {
    this.nowMs += STEP_MS;
    for (const fault of this.world.faults) {
      if (fault.kind !== 'flush' || fault.atMs > this.nowMs || this.#flushed.has(fault)) continue;
      this.#flushed.add(fault);
      this.#lease = null;
      this.#epoch = 0;
      if (this.nowMs - this.#grantedMs < UNHEARD_MS) this.unlucky = true;
    }
    for (const who of ['a', 'b'] as const) {
      if (this.hit('crash', who)) this.balancers[who].reset();
    }
    const due = this.#messages.filter(({ atMs, to }) => atMs <= this.nowMs && (to === null || !this.hit('pause', to)));
    this.#messages = this.#messages.filter((message) => !due.includes(message));
    for (const { deliver } of due) deliver();
    for (const who of ['a', 'b'] as const) {
      if (!this.hit('pause', who) && !this.hit('crash', who)) this.balancers[who].run();
    }
  }

  hit(kind: 'pause' | 'crash', who: Who): boolean {
    return this.world.faults.some((fault) => fault.kind === kind && fault.who === who && this.#during(fault));
  }

  #cut(link: string): boolean {
    return this.world.faults.some((fault) => fault.kind === 'cut' && fault.link === link && this.#during(fault));
  }

  #during({ atMs, forMs }: Fault): boolean {
    return atMs <= this.nowMs && this.nowMs < atMs + forMs;
  }

  /** Delivered later, or never when the link is cut then. A paused receiver gets it when it goes on. */
  send(link: string, to: Who | null, deliver: () => void): void {
    const delayMs = this.world.delaysMs[this.#sent++ % this.world.delaysMs.length] ?? 0;
    this.#messages.push({ atMs: this.nowMs + delayMs, to, deliver: () => !this.#cut(link) && deliver() });
  }

  /** One command to the registry; `answer` comes as a message of its own. */
  ask<T>(who: Who, command: () => T, answer: (reply: T) => void): void {
    this.send(`${who}-registry`, null, () => {
      const reply = command();
      this.send(`${who}-registry`, who, () => answer(reply));
    });
  }

  read(): { lease: Lease | null; epoch: number } {
    if (this.#lease !== null && this.#lease.endsMs <= this.nowMs) this.#lease = null;
    return { lease: this.#lease?.lease ?? null, epoch: this.#epoch };
  }

  renew(lease: Lease): boolean {
    if (!same(this.read().lease, lease)) return false;
    this.#lease = { lease, endsMs: this.nowMs + LEASE.ttlMs };
    return true;
  }

  grant(expected: Lease | null, to: string, above: number): Lease | null {
    if (!same(this.read().lease, expected)) return null;
    const lease = { owner: to, epoch: Math.max(this.#epoch, above) + 1 };
    this.#epoch = lease.epoch;
    this.#lease = { lease, endsMs: this.nowMs + LEASE.ttlMs };
    this.granted.push(lease.epoch);
    this.#grantedMs = this.nowMs;
    return lease;
  }
}

function same(left: Lease | null, right: Lease | null): boolean {
  return left?.owner === right?.owner && left?.epoch === right?.epoch;
}

/** What `ClusterLease` and `PeerLink` do, without sockets; `a` is at home. */
class Balancer {
  state: LeaseState = INITIAL_LEASE;
  readonly #model: Model;
  readonly #who: Who;
  #life = 0;
  #peer: PeerState = INITIAL_PEER;
  #view: View | null = null;
  #deniedMs = Number.NEGATIVE_INFINITY;
  #heard = false;
  #answeredMs = 0;
  #reported = 0;
  #next = { look: 0, ping: 0, poll: 0 };
  #waitingUntilMs: number | null = null;
  #request = 0;

  constructor(model: Model, who: Who) {
    this.#model = model;
    this.#who = who;
    this.#answeredMs = this.nowMs;
  }

  /** By its own clock. */
  get nowMs(): number {
    return 1_000_000 + this.#model.nowMs * (1 + this.#model.world.drift[this.#who]);
  }

  get epoch(): number | null {
    return ownedEpoch(this.state, this.nowMs);
  }

  get name(): string {
    return `${this.#who}/${this.#life}`;
  }

  /** Ended; starts anew when the fault is over. */
  reset(): void {
    this.#life += 1;
    this.#peer = INITIAL_PEER;
    this.#view = null;
    this.#deniedMs = Number.NEGATIVE_INFINITY;
    this.state = INITIAL_LEASE;
    this.#answeredMs = this.nowMs;
    this.#reported = 0;
    this.#waitingUntilMs = null;
    this.#request += 1;
  }

  run(): void {
    if (this.nowMs >= this.#next.poll) {
      this.#next.poll = this.nowMs + 1_000;
      this.#model.nodeEpoch = Math.max(this.#model.nodeEpoch, this.epoch ?? 0);
      this.#reported = this.#model.nodeEpoch;
    }
    if (this.nowMs >= this.#next.ping) this.#ping();
    if (this.#waitingUntilMs !== null && this.nowMs >= this.#waitingUntilMs) this.#failed();
    if (this.#waitingUntilMs === null && this.nowMs >= this.#next.look) this.#look();
  }

  #ping(): void {
    this.#next.ping = this.nowMs + PEER.pingMs;
    const owner = this.#view?.owner ?? null;
    const sample = { heard: this.#heard, startId: owner, fit: this.#view?.canRenew === true };
    this.#peer = stepPeer(this.#peer, sample, this.nowMs, PEER);
    this.#heard = false;
    const life = this.#life;
    const askedMs = this.nowMs;
    const other = this.#who === 'a' ? 'b' : 'a';
    const view = this.#ownView();
    this.#model.send('a-b', other, () => {
      if (this.#model.hit('crash', other)) return;
      const peer = this.#model.balancers[other];
      peer.#hear(view);
      const answer = peer.#ownView();
      this.#model.send('a-b', this.#who, () => {
        if (life !== this.#life) return;
        this.#hear(answer);
        this.#deniedMs = answer.claim === 0 ? askedMs : Number.NEGATIVE_INFINITY;
      });
    });
  }

  #ownView(): View {
    const canRenew = this.nowMs - this.#answeredMs < 1_500;
    return { owner: this.name, canRenew, claim: claimOf(this.state) };
  }

  #hear(view: View): void {
    this.#view = view;
    this.#heard = true;
    this.#peer = { ...this.#peer, silentMs: 0 };
  }

  #leasePeer(): LeasePeer {
    const view = this.#view && { ...this.#view, home: this.#who === 'b' };
    const steady = isSteady(this.#peer, this.nowMs, PEER);
    return { silentMs: this.#peer.silentMs, steady, deniedAgoMs: this.nowMs - this.#deniedMs, view };
  }

  #look(): void {
    this.#next.look = this.nowMs + 500;
    const askedMs = this.nowMs;
    const peer = this.#leasePeer();
    const decide = (registry: { lease: Lease | null; epoch: number } | null) => {
      const sample = { me: this.name, home: this.#who === 'a', registry, reported: this.#reported, peer };
      const step = decideLease(this.state, sample, askedMs, LEASE);
      this.state = step.state;
      this.#act(step.action);
    };
    this.#ask(
      () => this.#model.read(),
      (registry) => {
        this.#answeredMs = askedMs;
        if (isCurrent(askedMs, this.nowMs, LEASE)) decide(registry);
      },
      () => decide(null),
    );
  }

  #act(action: LeaseAction): void {
    const sentMs = this.nowMs;
    const own = (epoch: number) => {
      this.state = leaseTaken(this.state, epoch, sentMs, LEASE);
    };
    const floor = (above: number) => epochFloor(above, this.#model.nowMs + this.#model.world.aheadMs[this.#who]);
    if (action.kind === 'renew') {
      this.#ask(
        () => this.#model.renew(action.lease),
        (renewed) => renewed && own(action.lease.epoch),
      );
    } else if (action.kind === 'acquire') {
      const above = floor(action.above);
      this.#ask(
        () => this.#model.grant(action.expected, this.name, above),
        (granted) => granted && own(granted.epoch),
      );
    } else if (action.kind === 'handOver') {
      const above = floor(action.above);
      this.#ask(
        () => this.#model.grant(action.expected, action.to, above),
        (granted) => {
          if (granted) this.state = { ...this.state, known: Math.max(this.state.known, granted.epoch) };
        },
      );
    }
  }

  #failed: () => void = () => undefined;

  #ask<T>(command: () => T, answer: (reply: T) => void, failed: () => void = () => undefined): void {
    this.#request += 1;
    const request = this.#request;
    this.#waitingUntilMs = this.nowMs + TIMEOUT_MS;
    const settle = (work: () => void) => {
      if (request !== this.#request) return;
      this.#request += 1;
      this.#waitingUntilMs = null;
      work();
    };
    this.#failed = () => settle(failed);
    this.#model.ask(this.#who, command, (reply) => settle(() => answer(reply)));
  }
}
