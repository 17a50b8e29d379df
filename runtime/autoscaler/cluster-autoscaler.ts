import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  forkJoin,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  startWith,
  switchMap,
  tap,
  timeout,
} from 'rxjs';
import type { ScalingConfig } from '../core/config/scaling';
import { type Decision, decide } from '../core/scaling/decide';
import { parseState, type ScalingState } from '../core/scaling/state';
import type { Action, ScalingSample } from '../core/scaling/types';
import type { ClusterSnapshot } from '../core/snapshot';
import { DecisionLog } from './decision-log';
import { Executor } from './executor';
import { GroupReader } from './group';
import type { AutoscalerPorts, Stored } from './ports';
import { toSample } from './sample';

/** The state is saved with each action, and otherwise so often, in milliseconds. */
const SAVE_EVERY_MS = 10_000;

export interface ClusterAutoscalerOptions {
  readonly cluster: string;
  readonly config: ScalingConfig;
  readonly ports: AutoscalerPorts;
  /** Hot: the snapshots of this cluster. */
  readonly snapshots$: Observable<ClusterSnapshot>;
  /** Time limit of each call to a port, in milliseconds. */
  readonly timeoutMs: number;
  /** How long the fleet's answer about the group is good, in milliseconds. */
  readonly groupEveryMs: number;
  readonly scheduler: SchedulerLike;
}

/** The state, and the epoch under which it was taken over. */
interface Memory {
  readonly epoch: number;
  readonly state: ScalingState;
  readonly savedAtMs: number;
  /** Just taken over: nothing was decided on it yet. */
  readonly isNew: boolean;
}

/** The shell around `decide` for one cluster: time and input in, actions out, one at a time. */
export class ClusterAutoscaler {
  readonly #options: ClusterAutoscalerOptions;
  readonly #executor: Executor;
  readonly #group: GroupReader;
  readonly #log: DecisionLog;
  #latest: ClusterSnapshot | undefined;
  /** Null: to be loaded. */
  #memory: Memory | null = null;

  constructor(options: ClusterAutoscalerOptions) {
    this.#options = options;
    const { cluster, ports, timeoutMs, scheduler, groupEveryMs } = options;
    this.#executor = new Executor({ ...ports, cluster, latest: () => this.#latest, timeoutMs, scheduler });
    this.#group = new GroupReader({ ...ports, cluster, goodForMs: groupEveryMs, timeoutMs, scheduler });
    this.#log = new DecisionLog(cluster, ports.events);
  }

  /** The decisions as they are taken; runs while subscribed to. Neither errors nor completes before the snapshots do. */
  decisions$(): Observable<Decision> {
    const { snapshots$, config, scheduler } = this.#options;
    return snapshots$.pipe(
      tap((snapshot) => {
        this.#latest = snapshot;
      }),
      startWith(undefined),
      // When snapshots stay away the last one is looked at again, so that its age is noticed.
      switchMap((snapshot) =>
        merge(
          snapshot === undefined ? EMPTY : of(snapshot),
          interval(config.staleAfterMs, scheduler).pipe(map(() => snapshot)),
        ),
      ),
      // While one decision is being carried out the snapshots in between are skipped.
      exhaustMap((snapshot) =>
        this.#cycle(snapshot).pipe(
          catchError((error: unknown) => {
            this.#memory = null;
            this.#log.failed('cycle', error);
            return EMPTY;
          }),
        ),
      ),
    );
  }

  #cycle(snapshot: ClusterSnapshot | undefined): Observable<Decision> {
    const { cluster, ports } = this.#options;
    return defer(() => {
      const epoch = ports.ownership.epoch(cluster);
      if (epoch === null) {
        this.#memory = null;
        return EMPTY;
      }
      // It may be paused.
      const orders = ports.operators?.of(cluster);
      if (orders === null) return EMPTY;
      return forkJoin({ stored: this.#load(), group: this.#group.read() }).pipe(
        concatMap(({ stored, group }) => {
          const memory = this.#takeOver(epoch, stored);
          if (memory === null) return EMPTY;
          const decision = this.#decide(memory, snapshot, stored, group, orders);
          return concat(this.#carryOut(decision, epoch, memory.savedAtMs).pipe(ignoreElements()), of(decision));
        }),
      );
    });
  }

  /** Null when the registry does not answer. */
  #load(): Observable<Stored | null> {
    const { cluster, ports, timeoutMs, scheduler } = this.#options;
    return defer(() => from(ports.store.load(cluster))).pipe(
      timeout({ each: timeoutMs, scheduler }),
      catchError(() => of(null)),
    );
  }

  /** With a new epoch, or after a failure, what is stored counts; null while that cannot be read. */
  #takeOver(epoch: number, stored: Stored | null): Memory | null {
    if (this.#memory?.epoch === epoch) return this.#memory;
    if (stored === null) return null;
    this.#memory = { epoch, state: parseState(stored.state), savedAtMs: Number.NEGATIVE_INFINITY, isNew: true };
    return this.#memory;
  }

  #decide(
    memory: Memory,
    snapshot: ClusterSnapshot | undefined,
    stored: Stored | null,
    group: ScalingSample['group'],
    orders: ScalingSample['orders'],
  ): Decision {
    const { config, scheduler, cluster, ports } = this.#options;
    const rest = { group, refused: stored?.refused ?? 0, cooldowns: stored, ...(orders !== undefined && { orders }) };
    const sample = snapshot === undefined ? null : toSample(snapshot, config.metric, rest);
    const nowMs = scheduler.now();
    const decision = decide(memory.state, sample, nowMs, config);
    if (ports.recorder !== undefined) {
      const { actions, stamps, reason } = decision;
      const from = memory.isNew && { from: { config, state: JSON.stringify(memory.state) } };
      ports.recorder.record({ v: 1, cluster, nowMs, sample, ...from, decision: { actions, stamps, reason } });
    }
    return decision;
  }

  /** State and stamps first, then the actions: what cannot be remembered is not done (S5). */
  #carryOut(decision: Decision, epoch: number, savedAtMs: number): Observable<unknown> {
    const { cluster, ports, timeoutMs, scheduler } = this.#options;
    const { state, stamps, actions } = decision;
    const nowMs = scheduler.now();
    const due = actions.length > 0 || stamps.length > 0 || Math.abs(nowMs - savedAtMs) >= SAVE_EVERY_MS;
    const save = defer(() => from(ports.store.save(cluster, { epoch, state: JSON.stringify(state), stamps }))).pipe(
      timeout({ each: timeoutMs, scheduler }),
    );
    return concat(
      due ? save.pipe(ignoreElements()) : EMPTY,
      defer(() => {
        this.#memory = { epoch, state, savedAtMs: due ? nowMs : savedAtMs, isNew: false };
        this.#log.decided(decision);
        if (decision.sizeOver !== undefined) ports.operators?.sizeOver(cluster, decision.sizeOver);
        return EMPTY;
      }),
      from(actions).pipe(concatMap((action) => this.#perform(action, epoch))),
    );
  }

  #perform(action: Action, epoch: number): Observable<unknown> {
    const changesFleet = action.kind === 'grow' || action.kind === 'terminate' || action.kind === 'replace';
    return concat(
      this.#executor.perform(action, epoch).pipe(ignoreElements()),
      defer(() => {
        this.#log.performed(action);
        return EMPTY;
      }),
    ).pipe(
      catchError((error: unknown) => {
        this.#log.notPerformed(action, error);
        return EMPTY;
      }),
      tap({ complete: () => changesFleet && this.#group.forget() }),
    );
  }
}
