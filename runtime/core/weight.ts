/** What the weight of one node is made of. */
interface WeightSample {
  readonly nodeId: string;
  readonly capacity: number;
  /** 99th percentile of the event loop's delay over the last second, in milliseconds. */
  readonly loopDelayMs: number;
}

export interface NodeWeight {
  /** 1 for a healthy node, down to `FLOOR`; smoothed. */
  readonly factor: number;
  /** Capacity times factor; above 0. */
  readonly weight: number;
}

/** Event-loop delay that costs nothing, in milliseconds, however fast the others are. */
const DEAD_ZONE_MS = 100;
/** A node is slow only in comparison: up to this many times the cluster's median delay costs nothing either. */
const DEAD_ZONE_MEDIANS = 3;
/** A slow node still gets a tenth of its share, so that its recovery shows. */
const FLOOR = 0.1;
/** Share of the way towards the new factor that one step goes: one slow second is not a slow node. */
const SMOOTHING = 0.3;

/**
 * Weights of one tick: capacity × factor, where the factor falls with the event loop's delay once that is beyond the dead zone. A
 * machine on which all are slow (a laptop) thus leaves the nodes equal.
 */
export function stepWeights(
  previous: ReadonlyMap<string, NodeWeight>,
  nodes: readonly WeightSample[],
): ReadonlyMap<string, NodeWeight> {
  const deadZoneMs = Math.max(DEAD_ZONE_MS, DEAD_ZONE_MEDIANS * median(nodes.map((node) => node.loopDelayMs)));
  return new Map(
    nodes.map(({ nodeId, capacity, loopDelayMs }) => {
      const target = loopDelayMs <= deadZoneMs ? 1 : Math.max(FLOOR, deadZoneMs / loopDelayMs);
      const before = previous.get(nodeId)?.factor ?? 1;
      const factor = before + (target - before) * SMOOTHING;
      return [nodeId, { factor, weight: capacity * factor }];
    }),
  );
}

/** The lower median: of two nodes the healthy one sets the measure. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
