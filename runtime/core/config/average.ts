import { z } from 'zod';

/**
 * How the average load per node decides the size. All three work on the metric that the autoscaler is given for each node;
 * by default its load in players (sessions plus reservations that have not arrived).
 */

/** The size is proportional to the load: fractions of what the nodes say they can hold. */
const Utilization = z.strictObject({
  rule: z.literal('utilization').default('utilization'),
  /** Load over capacity that a change of size aims at. @default 0.85 */
  target: z.number().gt(0).max(1).default(0.85),
  /** Above it nodes are added. @default 0.05 more than the target */
  outAbove: z.number().gt(0).max(1).default(0.9),
  /** Below it nodes may be taken away. @default 0.05 less than the target */
  inBelow: z.number().min(0).max(1).default(0.8),
});

/** The same in absolute numbers, for a metric that capacity says nothing about: CPU in percent, length of a queue. */
const PerNode = z.strictObject({
  rule: z.literal('per-node'),
  /** Average per node that a change of size aims at, in the metric's unit. */
  target: z.number().gt(0),
  /** Average per node above which nodes are added, in the metric's unit. */
  outAbove: z.number().gt(0),
  /** Average per node below which nodes may be taken away, in the metric's unit. */
  inBelow: z.number().min(0),
});

/** Fixed sizes, as the original had them: at a threshold the fleet goes to the next size of a ladder. */
const Ladder = z.strictObject({
  rule: z.literal('ladder'),
  /** Average per node at which the fleet grows (at or above), in the metric's unit. */
  outAt: z.number().gt(0),
  /** Average per node at which the fleet may shrink (at or below), in the metric's unit. */
  inAt: z.number().min(0),
  /** The fleet also grows when it has this many answering nodes, or fewer. @default 0: never */
  outAtNodes: z.int().min(0).default(0),
  /** With `upTo` nodes or fewer, grow to `size`. Ascending; above the last one the fleet stays. */
  out: z.array(z.strictObject({ upTo: z.int().min(0), size: z.int().min(1) })).min(1),
  /** With more than `above` nodes, shrink to `size`. Descending; below the last one the fleet stays. */
  in: z.array(z.strictObject({ above: z.int().min(1), size: z.int().min(1) })).min(1),
});

export const AverageRule = z.discriminatedUnion('rule', [Utilization, PerNode, Ladder]);
export type AverageRule = z.infer<typeof AverageRule>;
export type ProportionalRule = z.infer<typeof Utilization> | z.infer<typeof PerNode>;
export type LadderRule = z.infer<typeof Ladder>;
