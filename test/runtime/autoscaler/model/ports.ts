import { defer, of } from 'rxjs';
import type { AutoscalerPorts, NodeOrder, NodeOrderReply } from '../../../../runtime/autoscaler';
import type { Decision } from '../../../../runtime/core/scaling/decide';
import type { RuleName } from '../../../../runtime/core/scaling/types';
import { attempt } from './calls';
import { shrinks } from './judge';
import type { Machine } from './machine';
import type { World } from './world';

export type ExecutorPorts = Pick<AutoscalerPorts, 'fleet' | 'orders' | 'gate' | 'ownership'>;

/** A call for another size, and which rule asked: known only when the decision has been carried out. */
interface Asked {
  readonly atMs: number;
  rule: RuleName;
}

/** The executor's ports onto the model, and what the watch loop tells the fleet. */
export class ModelPorts {
  readonly #world: World;
  #asked: Asked = { atMs: 0, rule: 'sample' };
  /** What has come about and is not judged yet. */
  #grown: Asked[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  ports(): ExecutorPorts {
    const world = this.#world;
    const { fleet } = world;
    return {
      fleet: {
        group: () => of({ desired: fleet.desired, wantedVersion: fleet.wantedVersion }),
        grow: (_, size) => defer(() => of(this.#grow(size))),
        terminate: (_, nodeId) => defer(() => of(this.#end(nodeId, 'terminated'))),
        reportUnhealthy: (_, nodeId) => defer(() => of(this.#replace(nodeId))),
      },
      orders: { order: (_, nodeId, order) => defer(() => of(this.#order(nodeId, order))) },
      gate: { suspend: (_, nodeId) => defer(() => of(this.#suspend(nodeId))) },
      ownership: { epoch: () => world.epoch },
    };
  }

  decided({ actions }: Decision): void {
    for (const { kind, reason } of actions) if (kind === 'grow') this.#askedNow().rule = reason.rule;
    if (actions.some(shrinks)) this.#world.judge.resized('in', 'average', this.#world.nowMs);
  }

  /** The growth that has come about since this was last called. */
  judgeGrowth(): void {
    for (const { rule, atMs } of this.#grown) this.#world.judge.resized('out', rule, atMs);
    this.#grown = [];
  }

  reportDead(nodeId: string): void {
    attempt(() => this.#replace(nodeId));
  }

  #askedNow(): Asked {
    const { nowMs } = this.#world;
    if (this.#asked.atMs !== nowMs) this.#asked = { atMs: nowMs, rule: 'sample' };
    return this.#asked;
  }

  #grow(size: number): void {
    const { calls, nowMs, fleet } = this.#world;
    const asked = this.#askedNow();
    calls.changeFleet(nowMs, () => {
      if (fleet.grow(size)) this.#grown.push(asked);
    });
  }

  /** From now on it gets no players; when no answer comes, for a while. */
  #replace(nodeId: string): void {
    const { condemned } = this.#world.watch;
    condemned.unsure(nodeId, this.#world.nowMs);
    this.#end(nodeId, 'replaced');
    condemned.add(nodeId);
  }

  #end(nodeId: string, how: 'terminated' | 'replaced'): void {
    const { calls, fleet, judge, watch, nowMs } = this.#world;
    const { massFailure } = watch.snapshot;
    const known = { silent: watch.health(nodeId) === 'red', leaving: watch.saidToLeave(nodeId), massFailure };
    calls.changeFleet(nowMs, () => {
      const machine = fleet.machines.get(nodeId);
      if (machine === undefined) return;
      judge.ended(machine, how, { ...known, answers: machine.answers(this.#world.nowMs) });
      if (how === 'terminated') fleet.terminate(machine);
      else fleet.replace(machine);
    });
  }

  #suspend(nodeId: string): void {
    const { calls, fleet, registry, watch } = this.#world;
    const machine = fleet.machines.get(nodeId);
    if (machine === undefined) throw new Error('there is no channel to it');
    watch.close(machine);
    calls.toRegistry(() => registry.suspend(nodeId));
  }

  #order(nodeId: string, order: NodeOrder): NodeOrderReply {
    const { calls, fleet, watch, nowMs } = this.#world;
    const machine = fleet.machines.get(nodeId);
    if (machine === undefined) throw new Error('there is no channel to it');
    const reply = calls.toNode(machine.answers(nowMs), () => this.#obey(machine, order));
    if (reply.ok) watch.believe(machine, reply.phase);
    return reply;
  }

  #obey(machine: Machine, order: NodeOrder): NodeOrderReply {
    const { judge, epoch } = this.#world;
    const { phase } = machine;
    if (order.kind === 'move') {
      machine.sessions -= Math.min(machine.sessions, order.count);
      return { ok: true, phase, sessions: machine.sessions };
    }
    const reply = machine.obey(order.kind, epoch);
    if (phase !== 'sealed' && machine.phase === 'sealed') judge.sealed(machine);
    return reply;
  }
}
