import { type SchedulerLike, Subscription } from 'rxjs';
import type { Operators } from '../../../../runtime/autoscaler';
import { Executor } from '../../../../runtime/autoscaler/executor';
import { toSample } from '../../../../runtime/autoscaler/sample';
import type { ScalingConfig } from '../../../../runtime/core/config/scaling';
import { NO_ORDERS } from '../../../../runtime/core/orders/standing';
import { type Decision, decide } from '../../../../runtime/core/scaling/decide';
import { parseState, type ScalingState } from '../../../../runtime/core/scaling/state';
import type { ClusterSnapshot } from '../../../../runtime/core/snapshot';
import { attempt, type Calls } from './calls';
import type { ModelFleet } from './fleet';
import type { ExecutorPorts } from './ports';
import type { ModelRegistry } from './registry';

/** The state is saved with each action, and otherwise so often, in milliseconds. */
const SAVE_EVERY_MS = 10_000;

interface OwnerOptions {
  readonly config: ScalingConfig;
  readonly calls: Calls;
  readonly fleet: ModelFleet;
  readonly registry: ModelRegistry;
  readonly ports: ExecutorPorts;
  readonly operators: Operators;
  readonly epoch: number;
  /** The latest snapshot. */
  readonly latest: () => ClusterSnapshot;
}

/**
 * The balancer that scales: the real decisions and the real executor, in the order that `ClusterAutoscaler` keeps, but without
 * its streams, which are tested by themselves and would cost more time than all the rest.
 */
export class Owner {
  readonly #options: OwnerOptions;
  readonly #executor: Executor;
  /** Null: to be loaded. */
  #state: ScalingState | null = null;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  /** The balancer's clock. */
  #clockMs = 0;

  constructor(options: OwnerOptions) {
    this.#options = options;
    const { ports, latest } = options;
    // Calls answer in the turn in which they are made, so no time limit ever runs out.
    const scheduler: SchedulerLike = { now: () => this.#clockMs, schedule: () => Subscription.EMPTY };
    this.#executor = new Executor({ ...ports, cluster: 'game', latest, timeoutMs: 1_000, scheduler });
  }

  /** One decision, and what is done about it; null when none was taken. `nowMs` is the true time. */
  step(nowMs: number, skewMs: number): Decision | null {
    const { config, calls, fleet, registry, latest, operators } = this.#options;
    this.#clockMs = nowMs + skewMs;
    const stored = attempt(() => calls.toRegistry(() => registry.load(nowMs)));
    this.#state ??= stored && parseState(stored.state);
    if (this.#state === null) return null;
    const { wantedVersion } = fleet;
    const group = attempt(() => calls.toFleet(() => ({ desired: fleet.desired, wantedVersion })));
    const rest = { group, refused: stored?.refused ?? 0, cooldowns: stored, orders: operators.of('game') ?? NO_ORDERS };
    const sample = toSample(latest(), config.metric, rest);
    const decision = decide(this.#state, sample, this.#clockMs, config);
    if (decision.sizeOver !== undefined) operators.sizeOver('game', decision.sizeOver);
    return this.#carryOut(decision, nowMs) ? decision : null;
  }

  /** State and stamps first, then the actions: what cannot be remembered is not done (S5). */
  #carryOut({ state, stamps, actions }: Decision, nowMs: number): boolean {
    const { calls, registry, epoch } = this.#options;
    const due = actions.length > 0 || stamps.length > 0 || Math.abs(this.#clockMs - this.#savedAtMs) >= SAVE_EVERY_MS;
    if (due) {
      const text = JSON.stringify(state);
      const saved = attempt(() => calls.toRegistry(() => registry.save(text, stamps, nowMs) ?? true));
      this.#state = saved === null ? null : state;
      if (saved === null) return false;
      this.#savedAtMs = this.#clockMs;
    }
    this.#state = state;
    for (const action of actions) this.#executor.perform(action, epoch).subscribe({ error: () => {} });
    return true;
  }
}
