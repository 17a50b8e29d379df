import { type Demand, TICK_MS } from '../trace/demand';
import type { Cluster } from '../world/cluster';
import type { Physics } from '../world/physics';
import type { Note, Policy } from './policy';

export interface ClairvoyantOptions {
  readonly demand: Demand;
  readonly physics: Physics;
  readonly minimum: number;
  /** When who is left on a draining node is forced to end, in milliseconds. */
  readonly forcedAfterMs: number;
}

/** Knows every player who will ever come: starts a node just in time, and lets one go as soon as the others will do for a boot's time. */
export class Clairvoyant implements Policy {
  readonly refuse = false;
  readonly #options: ClairvoyantOptions;
  /** The most players at once from each tick on until a node that is started then is surely there. */
  readonly #ahead: Uint32Array;

  constructor(options: ClairvoyantOptions) {
    this.#options = options;
    const { bootMs, bootSpread, faults } = options.physics;
    const slow = faults.spans.some(({ kind }) => kind === 'slow-boots') ? 3 : 1;
    const window = Math.ceil((slow * bootMs * Math.exp(4 * bootSpread)) / TICK_MS) + 1;
    this.#ahead = mostAhead(options.demand.concurrent, window);
  }

  first(): number {
    return this.#wanted(0);
  }

  step(cluster: Cluster, note: Note): void {
    const wanted = this.#wanted(cluster.tick);
    const { nodes, nowMs } = cluster;
    const staying = [...nodes].filter(({ phase, health }) => phase === 'open' && health !== 'red');
    const text = `${wanted} nodes will do for what comes`;
    if (staying.length < wanted) {
      const back = [...nodes]
        .filter(({ phase, health }) => phase === 'draining' && health === 'green')
        .sort((a, b) => b.sessions - a.sessions)
        .slice(0, wanted - staying.length);
      for (const node of back) {
        cluster.undrain(node);
        note('undrain', text);
      }
      const missing = wanted - staying.length - back.length;
      if (missing === 0) return;
      cluster.grow(nodes.size + missing);
      note('grow', text);
    } else if (staying.length > wanted) {
      const surplus = staying
        .filter(({ health }) => health === 'green')
        .sort((a, b) => a.sessions - b.sessions)
        .slice(0, staying.length - wanted);
      for (const node of surplus) {
        cluster.drain(node, nowMs + this.#options.forcedAfterMs);
        note('drain', text);
      }
    }
  }

  #wanted(tick: number): number {
    const { physics, minimum } = this.#options;
    return Math.max(minimum, Math.ceil((this.#ahead[tick] ?? 0) / physics.capacity));
  }
}

/** The largest value of each window that begins at an index; with a queue of candidates, each looked at twice. */
function mostAhead(values: Uint32Array, window: number): Uint32Array {
  const most = new Uint32Array(values.length);
  const queue = new Uint32Array(values.length);
  let [head, tail] = [0, 0];
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i] ?? 0;
    while (tail > head && (values[queue[tail - 1] ?? 0] ?? 0) <= value) tail -= 1;
    queue[tail++] = i;
    while ((queue[head] ?? 0) >= i + window) head += 1;
    most[i] = values[queue[head] ?? 0] ?? 0;
  }
  return most;
}
