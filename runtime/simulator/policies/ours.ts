import type { ScalingConfig } from '../../core/config/scaling';
import { decide } from '../../core/scaling/decide';
import { initialState } from '../../core/scaling/state';
import type { Action, ScalingSample } from '../../core/scaling/types';
import { spareNodes } from '../../core/spare';
import type { Cluster } from '../world/cluster';
import type { SimNode } from '../world/sim-node';
import type { Note, Policy } from './policy';

const DAY_MS = 86_400_000;

export interface OursOptions {
  readonly config: ScalingConfig;
  readonly refuse: boolean;
  /** When who is left on a draining node is forced to end, in milliseconds; null: never, as in production. */
  readonly forcedAfterMs: number | null;
}

/** The very decisions that run in production, on what a balancer would see. */
export class Ours implements Policy {
  readonly refuse: boolean;
  readonly #config: ScalingConfig;
  readonly #forcedAfterMs: number | null;
  #state = initialState();
  /** Of the last scale-out and scale-in; long ago at the beginning. */
  #stamps = { out: -DAY_MS, in: -DAY_MS };

  constructor({ config, refuse, forcedAfterMs }: OursOptions) {
    this.refuse = refuse;
    this.#config = config;
    this.#forcedAfterMs = forcedAfterMs;
  }

  first(players: number): number {
    const { minimum, maximum, average } = this.#config;
    const perNode = average.rule === 'utilization' ? average.target * this.#config.capacity : this.#perNode();
    return Math.min(maximum, Math.max(minimum, Math.ceil(players / perNode)));
  }

  step(cluster: Cluster, note: Note): void {
    const { nowMs } = cluster;
    const decision = decide(this.#state, this.#sample(cluster), nowMs, this.#config);
    this.#state = decision.state;
    this.#consolidate(cluster);
    for (const direction of decision.stamps) this.#stamps[direction] = nowMs;
    if (decision.actions.length === 0) return;
    const nodes = new Map([...cluster.nodes].map((node) => [node.nodeId, node]));
    for (const action of decision.actions) {
      if (this.#perform(action, cluster, nodes)) note(action.kind, action.reason.text);
    }
  }

  #consolidate(cluster: Cluster): void {
    const { consolidate, minimum } = this.#config;
    if (consolidate === null) return;
    const joinable = [...cluster.nodes].filter(({ phase, health }) => phase === 'open' && health === 'green');
    cluster.spare(new Set(spareNodes(joinable, consolidate, minimum)));
  }

  #perNode(): number {
    const { average } = this.#config;
    return average.rule === 'ladder' ? average.outAt : average.rule === 'per-node' ? average.target : 1;
  }

  #sample(cluster: Cluster): ScalingSample {
    const { nowMs, players, massFailure, throttled, desired } = cluster;
    const refused = players.refusedAnew;
    players.refusedAnew = 0;
    return {
      atMs: nowMs,
      massFailure,
      nodes: [...cluster.nodes],
      group: throttled ? null : { desired, wantedVersion: 'v1' },
      refused,
      cooldowns: { outAgoMs: nowMs - this.#stamps.out, inAgoMs: nowMs - this.#stamps.in },
    };
  }

  /** What the nodes and the fleet make of it; false when nothing. */
  #perform(action: Action, cluster: Cluster, nodes: ReadonlyMap<string, SimNode>): boolean {
    if (action.kind === 'grow') {
      cluster.grow(action.size);
      return true;
    }
    const node = nodes.get(action.nodeId);
    if (node === undefined) return false;
    switch (action.kind) {
      case 'drain': {
        const { nowMs } = cluster;
        cluster.drain(node, this.#forcedAfterMs === null ? null : nowMs + this.#forcedAfterMs);
        return true;
      }
      case 'undrain':
        cluster.undrain(node);
        return true;
      case 'seal':
        node.phase = 'sealed';
        return true;
      case 'terminate':
        return cluster.terminate(node);
      case 'replace':
        cluster.replace(node);
        return true;
      case 'move':
        return false;
    }
  }
}
