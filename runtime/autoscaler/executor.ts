import {
  catchError,
  concat,
  concatMap,
  defer,
  from,
  ignoreElements,
  map,
  type Observable,
  type ObservableInput,
  type SchedulerLike,
  tap,
  timeout,
} from 'rxjs';
import type { Action } from '../core/scaling/types';
import type { ClusterSnapshot, NodeSnapshot } from '../core/snapshot';
import type { AutoscalerPorts, NodeOrder, NodeOrderReply } from './ports';

/** Backoff after a failure of the fleet, in milliseconds; doubles. */
const BACKOFF_MS = { min: 1_000, max: 60_000 };

/** It was not done, and nothing has failed: nothing to tell anybody, and nothing to back off from. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

interface ExecutorOptions extends Pick<AutoscalerPorts, 'fleet' | 'orders' | 'gate' | 'ownership' | 'mayReplace'> {
  readonly cluster: string;
  /** The latest snapshot. */
  readonly latest: () => ClusterSnapshot | undefined;
  /** Time limit of each call, in milliseconds. */
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
}

/**
 * Performs the actions of one cluster. What was true when the action was decided is checked again right before it, on the
 * latest snapshot and under the same epoch. An error says why an action was not performed; the decision after it is free to repeat it.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Completes when it is done. */
  perform(action: Action, epoch: number): Observable<unknown> {
    return defer(() => {
      this.#stillOwner(epoch);
      switch (action.kind) {
        case 'grow':
          return this.#tellFleet(epoch, (fleet, cluster) => fleet.grow(cluster, action.size));
        case 'drain':
          return this.#drain(action.nodeId, epoch);
        case 'undrain':
          return this.#order(action.nodeId, { kind: 'undrain' }, epoch);
        case 'move':
          return this.#order(action.nodeId, { kind: 'move', count: action.count, withinMs: action.withinMs }, epoch);
        case 'seal':
          return this.#seal(action.nodeId, epoch);
        case 'terminate':
          return this.#terminate(action.nodeId, epoch);
        case 'replace':
          return this.#replace(action.nodeId, epoch);
      }
    });
  }

  /** First no more joins, then the order: in between a ticket may still be used, which a draining node honours. */
  #drain(nodeId: string, epoch: number): Observable<unknown> {
    const { gate, cluster } = this.#options;
    return concat(
      this.#limited(() => gate.suspend(cluster, nodeId, epoch)).pipe(ignoreElements()),
      this.#order(nodeId, { kind: 'drain' }, epoch),
    );
  }

  #seal(nodeId: string, epoch: number): Observable<unknown> {
    const node = this.#node(nodeId);
    if (node.phase !== 'draining') throw new Error(`it is ${node.phase}, not draining`);
    refuseInUse(node);
    return this.#order(nodeId, { kind: 'seal' }, epoch);
  }

  /** A node that answers is asked to seal once more: sealed already, it only says how many sessions it has. */
  #terminate(nodeId: string, epoch: number): Observable<unknown> {
    const node = this.#node(nodeId);
    const end = () => this.#tellFleet(epoch, (fleet, cluster) => fleet.terminate(cluster, nodeId));
    if (node.health === 'red') {
      this.#refuseMassFailure();
      this.#refuseHeard(nodeId);
      return end();
    }
    if (node.phase !== 'sealed') throw new Error(`it is ${node.phase}, not sealed`);
    refuseInUse(node);
    return this.#order(nodeId, { kind: 'seal' }, epoch).pipe(
      concatMap(({ phase, sessions }) => {
        if (phase !== 'sealed' || sessions > 0)
          throw new Error(`it says that it is ${phase} with ${sessions} sessions`);
        return end();
      }),
    );
  }

  #replace(nodeId: string, epoch: number): Observable<unknown> {
    const { health } = this.#node(nodeId);
    if (health !== 'booting') throw new Error(`it is ${health} now`);
    this.#refuseMassFailure();
    this.#refuseHeard(nodeId);
    return this.#tellFleet(epoch, (fleet, cluster) => fleet.reportUnhealthy(cluster, nodeId));
  }

  #order(nodeId: string, order: NodeOrder, epoch: number): Observable<Extract<NodeOrderReply, { ok: true }>> {
    const { orders, cluster } = this.#options;
    return this.#limited(() => orders.order(cluster, nodeId, order, epoch)).pipe(
      map((reply) => {
        if (!reply.ok) throw new Error(`the node refused: ${reply.code}, ${reply.message}`);
        return reply;
      }),
    );
  }

  /** With backoff over all calls to the fleet: it is one service, and it may be throttling us. */
  #tellFleet(
    epoch: number,
    call: (fleet: ExecutorOptions['fleet'], cluster: string) => ReturnType<ExecutorOptions['fleet']['grow']>,
  ): Observable<unknown> {
    const { fleet, cluster, scheduler } = this.#options;
    this.#stillOwner(epoch);
    const waitMs = this.#notBeforeMs - scheduler.now();
    if (waitMs > 0 && waitMs <= BACKOFF_MS.max)
      throw new NotYet('the fleet failed a moment ago and is not asked again yet');
    return this.#limited(() => call(fleet, cluster)).pipe(
      tap({
        complete: () => {
          this.#failures = 0;
        },
      }),
      catchError((error) => {
        // Ours no more: that it did not answer in the time that was left says nothing of the fleet.
        this.#stillOwner(epoch);
        if (error instanceof NotYet) throw error;
        this.#notBeforeMs = scheduler.now() + Math.min(BACKOFF_MS.min * 2 ** this.#failures, BACKOFF_MS.max);
        this.#failures += 1;
        throw error;
      }),
    );
  }

  #limited<T>(call: () => ObservableInput<T>): Observable<T> {
    const { timeoutMs, scheduler } = this.#options;
    return defer(() => from(call())).pipe(timeout({ each: timeoutMs, scheduler }));
  }

  #stillOwner(epoch: number): void {
    if (this.#options.ownership.epoch(this.#options.cluster) !== epoch)
      throw new NotYet('this balancer no longer owns the cluster');
  }

  #node(nodeId: string): NodeSnapshot {
    const node = this.#options.latest()?.nodes.find((it) => it.nodeId === nodeId);
    if (node === undefined) throw new Error('it is gone');
    return node;
  }

  #refuseHeard(nodeId: string): void {
    const { cluster, mayReplace = () => true } = this.#options;
    if (!mayReplace(cluster, nodeId)) throw new NotYet('the other balancer may still hear it');
  }

  #refuseMassFailure(): void {
    if (this.#options.latest()?.massFailure) throw new Error('most nodes are silent');
  }
}

function refuseInUse({ health, sessions, pending }: NodeSnapshot): void {
  if (health !== 'green') throw new Error(`it is ${health}`);
  if (sessions > 0 || pending > 0) throw new Error(`it has ${sessions} sessions and ${pending} reservations`);
}
