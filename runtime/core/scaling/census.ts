import type { ScalingConfig } from '../config/scaling';
import { NO_ORDERS } from '../orders/standing';
import type { ScalingState } from './state';
import type { ScalingNode, ScalingSample } from './types';

/** One moment: what was told, what it means, when, and how the cluster is to scale. */
export interface Situation {
  readonly sample: ScalingSample;
  readonly census: Census;
  /** Unix time in milliseconds. */
  readonly nowMs: number;
  readonly config: ScalingConfig;
}

/** The nodes of a sample, sorted by what they mean for the size of the cluster. */
export interface Census {
  /** Answer, or did a moment ago, and take joins: capacity that is there. */
  readonly open: readonly ScalingNode[];
  /** Chosen to leave, draining or sealed. */
  readonly leaving: readonly ScalingNode[];
  /** Those that an operator keeps out of the joins: not to be taken back by anybody else. */
  readonly keptOut: ReadonlySet<string>;
  /** Those that an operator wants replaced, whatever they run. */
  readonly toReplace: ReadonlySet<string>;
  /** Have not answered within the limit for booting: to be replaced. */
  readonly overdue: readonly ScalingNode[];
  /** Some node that counts is not answering right now, or not reporting the metric, so the sample says less than it seems to. */
  readonly partial: boolean;
  /** Instances that exist or will by the fleet's own doing, those that leave included. */
  readonly desired: number;
  /** Open nodes, and those to come: booting, or dead and replaced by the fleet. */
  readonly have: number;
  /** `have` without the open ones. */
  readonly coming: number;
  /** Metric over all nodes that live. Those that leave count: their players come back to the others. So our own actions do not change it. */
  readonly load: number;
  /** What one more node will hold, in players. */
  readonly newCapacity: number;
}

export function takeCensus(state: ScalingState, sample: ScalingSample, nowMs: number, config: ScalingConfig): Census {
  const open: ScalingNode[] = [];
  const leaving: ScalingNode[] = [];
  const overdue: ScalingNode[] = [];
  let partial = false;
  let load = 0;
  for (const node of sample.nodes) {
    const leaves = node.phase !== 'open' || node.nodeId in state.drains;
    if (node.health !== 'green' && node.health !== 'booting') partial = true;
    if (node.unmeasured === true) partial = true;
    if (node.health !== 'red') load += node.load;
    // Also one that is to leave: nobody ends a node that does not answer.
    if (node.health === 'booting' && isOverdue(node, state, nowMs, config)) overdue.push(node);
    if (leaves) leaving.push(node);
    else if (node.health !== 'booting' && node.health !== 'red') open.push(node);
  }
  const { nodes, roll } = sample.orders ?? NO_ORDERS;
  const keptOut = Object.keys(nodes).filter((nodeId) => nodes[nodeId]?.order === 'drain');
  const have = Math.max((sample.group?.desired ?? sample.nodes.length) - leaving.length, open.length);
  return {
    open,
    leaving,
    keptOut: new Set(keptOut),
    toReplace: new Set(roll?.nodes),
    overdue,
    partial: partial || overdue.length > 0,
    desired: have + leaving.length,
    have,
    coming: have - open.length,
    load,
    newCapacity: median(open.map((node) => node.capacity)) ?? config.capacity,
  };
}

/** By how long it has been seen to boot: the fleet's clock, by which it was launched, may be another than ours. */
function isOverdue({ nodeId }: ScalingNode, { booting }: ScalingState, nowMs: number, config: ScalingConfig): boolean {
  return nowMs - (booting[nodeId] ?? nowMs) >= config.bootLimitMs;
}

function median(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
