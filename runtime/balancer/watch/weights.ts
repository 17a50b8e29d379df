import { type NodeWeight, stepWeights } from '../../core/weight';
import type { NodeWatch } from './node-watch';

/** The weight of each node that has answered, taken anew each tick. */
export class Weights {
  #weights: ReadonlyMap<string, NodeWeight> = new Map();

  step(watches: Iterable<readonly [string, Pick<NodeWatch, 'facts'>]>): void {
    const samples = [];
    for (const [nodeId, { facts }] of watches) {
      if (facts !== null) samples.push({ nodeId, capacity: facts.capacity, loopDelayMs: facts.loopDelayMs });
    }
    this.#weights = stepWeights(this.#weights, samples);
  }

  of(nodeId: string): number | undefined {
    return this.#weights.get(nodeId)?.weight;
  }
}
