import type { ScalingConfig } from '../../../../runtime/core/config/scaling';
import { type ClusterOrders, NO_ORDERS, settled } from '../../../../runtime/core/orders/standing';
import type { Decision } from '../../../../runtime/core/scaling/decide';
import { Calls } from './calls';
import { ModelFleet } from './fleet';
import { Judge } from './judge';
import type { Machine } from './machine';
import { Owner } from './owner';
import { ModelPlayers } from './players';
import { ModelPorts } from './ports';
import { ModelRegistry } from './registry';
import { ModelWatch, STEP_MS } from './watch';

export interface WorldOptions {
  readonly config: ScalingConfig;
  readonly nodes: number;
  /** Players that one node takes. */
  readonly capacity: number;
  readonly bootMs: number;
  /** A number from 0 up to 1, from a seed. */
  readonly random: () => number;
}

/**
 * A cluster in virtual time around the real decisions, their executor, the agent's rules and the judgement of health: fleet, processes, players, registry and
 * watch loop, with everything that can go wrong between them. What happens is judged by the truth, not by what the balancer believes.
 */
export class World {
  nowMs = 1_000_000_000_000;
  /** The balancer's clock is wrong by this, in milliseconds. */
  skewMs = 0;
  /** The least that was open and answering since a test last set it. */
  leastOpen = Number.POSITIVE_INFINITY;
  /** What was done, in order. */
  readonly log: string[] = [];
  readonly judge: Judge;
  readonly calls: Calls;
  readonly fleet: ModelFleet;
  readonly players: ModelPlayers;
  readonly watch: ModelWatch;
  readonly registry: ModelRegistry;
  epoch = 1;
  /** What operators want. */
  orders: ClusterOrders = NO_ORDERS;
  readonly #config: ScalingConfig;
  readonly #ports: ModelPorts;
  readonly #random: () => number;
  #owner: Owner;
  #fleetHeardMs: number;

  constructor({ config, nodes, capacity, bootMs, random }: WorldOptions) {
    const { nowMs } = this;
    this.#config = config;
    this.#random = random;
    this.judge = new Judge(config, nowMs);
    this.calls = new Calls(random);
    this.fleet = new ModelFleet({ size: nodes, bootMs, judge: this.judge }, nowMs);
    this.players = new ModelPlayers({ capacity, random, judge: this.judge });
    this.registry = new ModelRegistry(nowMs);
    this.watch = new ModelWatch(capacity);
    this.#ports = new ModelPorts(this);
    this.#fleetHeardMs = nowMs;
    this.#owner = this.#newOwner();
    this.#poll();
  }

  get machines(): readonly Machine[] {
    return [...this.fleet.machines.values()];
  }

  /** Nodes that take joins. */
  get open(): readonly Machine[] {
    return this.machines.filter((machine) => machine.answers(this.nowMs) && machine.phase === 'open');
  }

  machine(index: number): Machine | undefined {
    return this.machines[index % this.fleet.machines.size];
  }

  /** The registry lost everything. */
  wipe(): void {
    this.registry.wipe();
    this.judge.forgotten(this.nowMs);
    for (const { tickets } of this.machines) for (const ticket of tickets) ticket.known = false;
  }

  /** The owner dies, and another balancer goes on with what the registry holds. */
  failOver(): void {
    this.epoch += 1;
    this.#owner = this.#newOwner();
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) this.step();
  }

  /** One second: players come and go, the nodes are polled, one decision is taken and carried out. */
  step(): void {
    this.nowMs += STEP_MS;
    const { faults } = this.calls;
    this.calls.carryOutLate(this.nowMs);
    this.fleet.keepUp(this.nowMs, faults.stillborn);
    if (!faults.fleetDown) this.#fleetHeardMs = this.nowMs;
    this.players.move(this.machines, this.nowMs);
    this.#join();
    if (!faults.blind) this.#poll();
    this.orders = settled(this.orders, this.watch.snapshot.nodes, this.nowMs);
    const decision = this.#owner.step(this.nowMs, this.skewMs);
    if (decision !== null) this.#decided(decision);
    this.#join();
    this.#ports.judgeGrowth();
    this.leastOpen = Math.min(this.leastOpen, this.open.length);
  }

  #poll(): void {
    for (const nodeId of this.watch.poll(this.fleet.machines, this.nowMs, this.skewMs)) this.#ports.reportDead(nodeId);
    if (!this.calls.faults.registryDown) this.registry.standings = new Map(this.watch.standings());
  }

  /** Either balancer may be asked; the other one hears of drains by its polls only. While the registry is away, they go by memory. */
  #join(): void {
    const { registryDown } = this.calls.faults;
    const isOwner = this.#random() < 0.5;
    const standings = registryDown ? this.watch.standings() : this.registry.standings;
    const offered = [];
    for (const [nodeId, standing] of standings) {
      const machine = this.fleet.machines.get(nodeId);
      if (machine === undefined || (standing !== 'green' && standing !== 'held')) continue;
      if (this.watch.joinable(nodeId, isOwner)) offered.push({ machine, held: standing === 'held' });
    }
    const refused = this.players.join(this.machines, offered, (machine) =>
      this.judge.assigned(machine, this.watch.health(machine.nodeId)),
    );
    if (offered.length > 0 && !registryDown) this.registry.refused += refused;
  }

  #newOwner(): Owner {
    const { calls, fleet, registry, epoch } = this;
    const latest = () => this.watch.snapshot;
    const operators = {
      of: () => this.orders,
      sizeOver: () => {
        this.orders = { ...this.orders, size: null };
      },
    };
    const ports = this.#ports.ports();
    return new Owner({ config: this.#config, ports, calls, fleet, registry, epoch, latest, operators });
  }

  #decided(decision: Decision): void {
    const { snapshot } = this.watch;
    const ageMs = Math.abs(this.nowMs + this.skewMs - snapshot.atMs);
    this.judge.decided(decision, snapshot, ageMs, this.nowMs - this.#fleetHeardMs);
    this.#ports.decided(decision);
    for (const action of decision.actions) {
      this.log.push(`${action.kind} ${'nodeId' in action ? action.nodeId : action.size}: ${action.reason.text}`);
    }
  }
}
