import { z } from 'zod';
import { MetricName } from '../protocol/agent';
import { PLAYERS } from '../snapshot';
import { AverageRule } from './average';
import { applyPreset, PRESET_NAMES } from './presets';
import { checkRelations } from './relations';
import { fillThresholds } from './thresholds';
import { TimeWindow } from './window';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in milliseconds; at most a week, so that a mistake in the unit is noticed. */
const Ms = z
  .int()
  .min(0)
  .max(7 * DAY);
/** How far back something is remembered: with a sample a second, a shorter time holds too few. In milliseconds. */
const Memory = Ms.min(3_000);
const Nodes = z.int().min(0).max(10_000);

const Scheduled = TimeWindow.extend({
  /** Shown in reasons. @default the window itself */
  name: z.string().min(1).max(64).optional(),
  /** Nodes wanted at least within the window; started `bootMs` before it begins. */
  atLeast: Nodes,
});

const Forecast = z.strictObject({
  /** How far back the trend of the load is taken from. @default 120_000 */
  windowMs: Memory.default(2 * MINUTE),
});

const History = z.strictObject({
  /** How much earlier than the day or the week before the nodes are there. @default 300_000 */
  earlierMs: Ms.default(5 * MINUTE),
});

const Emergency = z.strictObject({
  /** How long a refused join counts. @default 10_000 */
  windowMs: Ms.min(1_000).default(10_000),
  /** Nodes added at least. @default 1 */
  stepNodes: Nodes.min(1).default(1),
  /** Nodes added at least, as a fraction of those that are open. @default 0.25 */
  stepFraction: z.number().min(0).max(4).default(0.25),
});

const Out = z.strictObject({
  /** Shortest time between two scale-outs; only the minimum and the emergency do not wait for it. @default 180_000 */
  cooldownMs: Ms.default(3 * MINUTE),
  /** Nodes that one scale-out may always add. @default 10 */
  stepNodes: Nodes.min(1).default(10),
  /** Nodes that one scale-out may add, as a fraction of the fleet; the larger of the two holds. @default 4 (five times as many) */
  stepFraction: z.number().min(0).max(100).default(4),
});

const Move = z.strictObject({
  /** How long a draining node waits for its players before it asks them to move. */
  afterMs: Ms,
  /** Players asked at once, at most. @default 10 */
  batch: z.int().min(1).max(10_000).default(10),
  /** Time between two batches; the players of one are spread over it. @default 10_000 */
  everyMs: Ms.min(1_000).default(10_000),
});

const In = z.strictObject({
  /** Shortest time between two scale-ins. @default 3_600_000 */
  cooldownMs: Ms.default(HOUR),
  /** Nodes that one scale-in may always take. @default 1 */
  stepNodes: Nodes.min(1).default(1),
  /** Nodes that one scale-in may take, as a fraction of the fleet; the larger of the two holds. @default 0.5 */
  stepFraction: z.number().min(0).max(1).default(0.5),
  /** Scale-in goes by the highest load of this long, and comes no sooner after a scale-out. @default 300_000 */
  stabiliseMs: Memory.default(5 * MINUTE),
  /**
   * A node drains at least this long before it is sealed, however empty it looks: longer than a ticket lives, so that also a
   * reservation that nobody here knows of has ended. @default 25_000
   */
  drainAtLeastMs: Ms.default(25_000),
  /** Scale-in begins within these windows only. @default []: always */
  windows: z.array(TimeWindow).max(100).default([]),
  /** Ask players on draining nodes to move; null: wait for them, however long. @default null */
  move: Move.nullable().default(null),
});

const Roll = z.strictObject({
  /** Nodes replaced at once, as a fraction of the fleet, at least one. May exceed `maximum` by as much. @default 0.25 */
  surgeFraction: z.number().gt(0).max(1).default(0.25),
  /** How long a new node must have been green before an old one drains. @default 30_000 */
  settleMs: Ms.default(30_000),
  /** How long the replacement pauses after a new node failed. @default 300_000 */
  pauseMs: Ms.default(5 * MINUTE),
});

/** How one cluster scales. Times are in milliseconds, sizes in nodes. */
const Fields = z.strictObject({
  /** Where the defaults come from: `original` are the rules of 2015, `lean` those that need the fewest nodes. @default 'default' */
  preset: z.enum(PRESET_NAMES).default('default'),
  /** Never fewer nodes; missing ones are started at once. @default 2 */
  minimum: Nodes.min(1).default(2),
  /** Never more nodes, but for a rolling replacement's surge. @default 100 */
  maximum: Nodes.min(1).default(100),
  /** What a node holds, in players, while none has said so itself. @default 200 */
  capacity: z.int().min(1).max(1_000_000).default(200),
  /** From the launch of a node to its first answer, as a rule. @default 90_000 */
  bootMs: Ms.default(90_000),
  /** A node that has not answered by then is written off and replaced. @default 600_000 */
  bootLimitMs: Ms.min(1_000).default(10 * MINUTE),
  /** A sample older than this decides nothing. @default 5_000 */
  staleAfterMs: Ms.min(1_000).default(5_000),
  /**
   * What the load is that sizes the cluster: `players` (sessions and reservations), or a metric that the nodes report, such as
   * `cpu` (percent of one core) or one of their own. @default 'players'
   */
  metric: MetricName.default(PLAYERS),
  average: AverageRule.prefault({}),
  /**
   * Joins go to no more nodes than hold everybody when they are filled to this share of what they can hold, and never to fewer than
   * the minimum; the others empty by themselves. Only with the rule `utilization`. Null: evenly over all. @default null
   */
  consolidate: z.number().gt(0).max(1).nullable().default(null),
  /** Times at which more nodes are needed. @default [] */
  schedule: z.array(Scheduled).max(100).default([]),
  /** Start nodes before they are needed; null: do not. */
  forecast: Forecast.nullable().prefault({}),
  /** Start nodes for what was needed at the same time of the day before and of the week before; null: do not. */
  history: History.nullable().prefault({}),
  /** Break the cooldown when joins are refused for lack of room; null: do not. */
  emergency: Emergency.nullable().prefault({}),
  out: Out.prefault({}),
  in: In.prefault({}),
  roll: Roll.prefault({}),
});
export type ScalingConfig = z.infer<typeof Fields>;

/**
 * The validated configuration of one cluster's scaling: every field has a default, so `{}` is one. `preset: 'original'` sets
 * the defaults to the rules of 2015; what is given beside it overrides them. Unknown keys are refused.
 */
export const ScalingConfig = z.preprocess((input) => fillThresholds(applyPreset(input)), Fields.check(checkRelations));
