import { randomUUID } from 'node:crypto';
import { asyncScheduler, lastValueFrom } from 'rxjs';
import type { Socket } from 'socket.io-client';
import { Executor } from '../../../runtime/autoscaler/executor';
import { toSample } from '../../../runtime/autoscaler/sample';
import { decide } from '../../../runtime/core/scaling/decide';
import type { ScalingState } from '../../../runtime/core/scaling/state';
import type { ClusterSnapshot, NodeSnapshot } from '../../../runtime/core/snapshot';
import type { ScriptedRedis } from '../../../runtime/registry/scripted-redis';
import type { NodeUpdate } from '../../../runtime/registry/types';
import { type AgentChannel, connectPlayer, type TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { testStack } from '../../support/redis';
import { startNode, type TestNode } from '../agent/support';
import { configOf, NOON, steadyState } from '../core/scaling/fixtures';
import { nodeUpdate, spread, TestCluster } from '../registry/seats-support';

/** Where the balancer can be interrupted: each call's way there, and its way back. */
export const POINTS = [
  'start',
  'suspend',
  'suspended',
  'drain',
  'drained',
  'seal',
  'sealed',
  'terminate',
  'terminated',
] as const;
export type Point = (typeof POINTS)[number];

/** One order of events. */
export interface Play {
  /** When the ticket is issued and when its client connects; not before. A point that is not reached comes at the end. */
  readonly issued: Point;
  readonly connects: Point;
  /** This call takes effect, and its answer is lost. */
  readonly lost: Point | null;
  /** The registry forgets its reservations when the node begins to drain: only the time is left that a ticket lives. */
  readonly forgets: boolean;
}

/** Scale-in is due at once. */
const config = configOf({ minimum: 1, forecast: null, in: { cooldownMs: 0, stabiliseMs: 3_000 } });
const TICKET_MS = 15_000;
/** Longer than a node must drain. */
const LONG_MS = config.in.drainAtLeastMs + 1_000;
/** A play that has not come to its end by then never will. */
const MOST_ROUNDS = 12;
const EPOCH = 1;

/**
 * A ticket, its node, and the balancer that wants to end that node: the real decisions and executor, a real socket.io server with the
 * real agent, and the registry's scripts in a real Redis. The time is the play's: long when there is nothing to do, else a second a
 * round. The client's steps happen where the play says, while the balancer's call waits.
 */
export class Race {
  /** What became of the player: connected, elsewhere, late (the ticket had expired), or how the player was lost. */
  fate = 'nothing';
  terminated = false;
  readonly #play: Play;
  readonly #node: TestNode;
  readonly #channel: AgentChannel;
  readonly #cluster: TestCluster;
  readonly #executor: Executor;
  readonly #rid = randomUUID();
  readonly #passed = new Set<Point>();
  #nowMs = NOON;
  #idle = false;
  #issuedMs: number | null = null;
  #socket: Socket | null = null;
  #cursor = 0;
  #state: ScalingState = steadyState(5, config);
  #snapshot: ClusterSnapshot = { cluster: 'test', atMs: NOON, massFailure: false, nodes: [] };

  static async perform(play: Play, balancer: TestBalancer, redis: ScriptedRedis): Promise<Race> {
    const node = await startNode({ balancer, nodeId: 'victim' });
    const channel = await balancer.connect(node.url, 'victim');
    const race = new Race(play, node, channel, redis);
    try {
      await race.#perform();
    } finally {
      channel.close();
      await node.close();
    }
    return race;
  }

  private constructor(play: Play, node: TestNode, channel: AgentChannel, redis: ScriptedRedis) {
    this.#play = play;
    this.#node = node;
    this.#channel = channel;
    this.#cluster = new TestCluster(redis, testStack());
    this.#executor = this.#newExecutor();
  }

  async #perform(): Promise<void> {
    await this.#look();
    await this.#at('start');
    for (let rounds = 0; rounds < MOST_ROUNDS && !this.terminated; rounds++) {
      // The balancer waits for the player, whose steps come now at the latest, and who plays and leaves.
      if (rounds === MOST_ROUNDS / 2) await this.#leave();
      await this.#round();
    }
    await this.#leave();
  }

  async #round(): Promise<void> {
    this.#nowMs += this.#idle ? LONG_MS : 1_000;
    await this.#look();
    const cooldowns = { outAgoMs: 3_600_000, inAgoMs: 3_600_000 };
    const group = { desired: this.#snapshot.nodes.length, wantedVersion: 'v1' };
    const sample = toSample(this.#snapshot, config.metric, { group, refused: 0, cooldowns });
    const decision = decide(this.#state, sample, this.#nowMs, config);
    this.#state = decision.state;
    this.#idle = decision.actions.length === 0;
    // What fails is decided on anew in the next round.
    for (const action of decision.actions) {
      await lastValueFrom(this.#executor.perform(action, EPOCH), { defaultValue: null }).catch(() => null);
    }
  }

  /** Asks the node, and writes the registry. Another node is there, with five players, so that ours is the one to leave. */
  async #look(): Promise<void> {
    const { arrivals, cursor, ...facts } = await this.#channel.stats(this.#cursor);
    this.#cursor = cursor;
    const { startId, phase, sessions } = facts;
    const standing = phase === 'open' ? 'green' : phase;
    const ours = nodeUpdate('victim', { startId, sessions, standing, arrivals });
    const other = nodeUpdate('other', { sessions: 5, weight: 10 });
    const { pending } = await this.#cluster.seats.refresh({ epoch: EPOCH, nodes: [ours, other] });
    const count = pending.get('victim')?.count ?? 0;
    const nodes = [snapshotOf(ours, phase, count), snapshotOf(other, 'open', 0)];
    this.#snapshot = { cluster: 'test', atMs: this.#nowMs, massFailure: false, nodes };
  }

  #newExecutor(): Executor {
    const { seats } = this.#cluster;
    const fail = () => Promise.reject(new Error('not expected here'));
    return new Executor({
      cluster: 'test',
      latest: () => this.#snapshot,
      timeoutMs: 60_000,
      scheduler: asyncScheduler,
      ownership: { epoch: () => EPOCH },
      gate: { suspend: (_, nodeId) => this.#call('suspend', 'suspended', () => seats.suspend(nodeId, EPOCH)) },
      orders: {
        order: (_, nodeId, order) => {
          if (nodeId !== 'victim') throw new Error(`${order.kind} for the wrong node`);
          const [before, after] =
            order.kind === 'drain' ? (['drain', 'drained'] as const) : (['seal', 'sealed'] as const);
          return this.#call(before, after, () => this.#channel.order(order, EPOCH));
        },
      },
      fleet: {
        group: fail,
        grow: fail,
        reportUnhealthy: fail,
        terminate: () => this.#call('terminate', 'terminated', async () => this.#terminate()),
      },
    });
  }

  /** A call of the balancer, with its way there and back. */
  async #call<T>(before: Point, after: Point, effect: () => Promise<T>): Promise<T> {
    await this.#at(before);
    const answer = await effect();
    const isFirst = !this.#passed.has(after);
    if (isFirst && after === 'drained' && this.#play.forgets) await this.#cluster.forgetReservations();
    await this.#at(after);
    if (isFirst && this.#play.lost === after) throw new Error('no answer in time');
    return answer;
  }

  #terminate(): void {
    this.terminated = true;
    if (this.#node.agent.sessions > 0) this.fate = 'cut off';
  }

  /** The client's steps that belong to this point. */
  async #at(point: Point): Promise<void> {
    if (this.#passed.has(point)) return;
    this.#passed.add(point);
    if (this.#play.issued === point) await this.#issue();
    if (this.#play.connects === point) await this.#connect();
  }

  async #issue(): Promise<void> {
    const [place] = await this.#cluster.seats.reserve([{ rids: [this.#rid] }], spread);
    this.#issuedMs = this.#nowMs;
    if (place === undefined || !place.ok) this.fate = 'no place';
    else if (place.nodeId !== 'victim') this.fate = 'elsewhere';
    else this.fate = this.#node.agent.phase === 'open' ? 'sent here' : `sent here, and it is ${this.#node.agent.phase}`;
  }

  async #connect(): Promise<void> {
    if (this.fate !== 'sent here') return;
    // Without the registry's word it is the ticket's age that counts.
    const agedMs = this.#play.forgets ? this.#nowMs - (this.#issuedMs ?? 0) : 0;
    const exp = Math.floor((Date.now() + TICKET_MS - agedMs) / 1_000);
    const { nodeId, startId } = this.#node.agent;
    const ticket = this.#node.balancer.ticket({ nodeId, startId }, 'player', { rid: this.#rid, exp });
    try {
      this.#socket = (await connectPlayer(this.#node.url, { ticket })).socket;
      this.fate = 'connected';
    } catch (error) {
      this.fate = agedMs >= TICKET_MS ? 'late' : `turned away: ${error}`;
    }
  }

  async #leave(): Promise<void> {
    if (this.#issuedMs === null) await this.#issue();
    await this.#connect();
    this.#socket?.disconnect();
    if (this.fate !== 'cut off')
      await eventually('the session has ended', () => this.#node.agent.sessions === 0, 30_000);
  }
}

function snapshotOf(update: NodeUpdate, phase: NodeSnapshot['phase'], pending: number): NodeSnapshot {
  const { arrivals: _, standing: __, ...fields } = update;
  return { ...fields, phase, pending, health: 'green', loopDelayMs: 0, rssBytes: 0, launchedAtMs: NOON, silentMs: 0 };
}
