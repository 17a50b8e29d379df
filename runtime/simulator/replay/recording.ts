import { z } from 'zod';
import { ScalingConfig } from '../../core/config/scaling';
import { ClusterOrders, NO_ORDERS } from '../../core/orders/standing';
import { type Decision, decide } from '../../core/scaling/decide';
import { initialState, parseState, type ScalingState } from '../../core/scaling/state';

const Node = z.object({
  nodeId: z.string(),
  zone: z.string(),
  version: z.string().nullable(),
  health: z.enum(['booting', 'green', 'suspect', 'held', 'red']),
  phase: z.enum(['open', 'draining', 'sealed']),
  leaving: z.boolean().default(false),
  load: z.number(),
  unmeasured: z.boolean().default(false),
  sessions: z.number(),
  pending: z.number(),
  capacity: z.number(),
  launchedAtMs: z.number(),
  silentMs: z.number(),
});

const Sample = z.object({
  atMs: z.number(),
  massFailure: z.boolean(),
  nodes: z.array(Node),
  group: z.object({ desired: z.number(), wantedVersion: z.string().nullable() }).nullable(),
  refused: z.number(),
  cooldowns: z.object({ outAgoMs: z.number().nullable(), inAgoMs: z.number().nullable() }).nullable(),
  orders: ClusterOrders.default(NO_ORDERS),
});

const Step = z.object({
  v: z.literal(1),
  cluster: z.string(),
  nowMs: z.number(),
  sample: Sample.nullable(),
  from: z.object({ config: ScalingConfig, state: z.string().nullable() }).optional(),
  decision: z.object({ actions: z.array(z.unknown()), stamps: z.array(z.string()), reason: z.unknown() }),
});

/** A recording that cannot be read: the message names file and line. */
class BadRecording extends Error {
  override readonly name = 'BadRecording';
}

/** A step for which the replay decided something else. */
export interface Difference {
  readonly line: number;
  readonly cluster: string;
  readonly recorded: string;
  readonly replayed: string;
}

export interface Replayed {
  readonly steps: number;
  /** Actions that were decided. */
  readonly actions: number;
  readonly differences: readonly Difference[];
}

/**
 * Decides anew on everything that a balancer saw, and compares.
 *
 * @param text what a balancer wrote with SCALING_RECORD; the last line may be cut short.
 * @throws BadRecording
 */
export function replay(text: string, name: string): Replayed {
  const states = new Map<string, { config: ScalingConfig; state: ScalingState }>();
  const differences: Difference[] = [];
  let [steps, actions] = [0, 0];
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    // Only a line that ends was written whole.
    if (line === '' || i === lines.length - 1) continue;
    const step = parse(line, `${name}:${i + 1}`);
    const { cluster, from } = step;
    const before =
      from === undefined
        ? states.get(cluster)
        : { config: from.config, state: from.state === null ? initialState() : parseState(from.state) };
    if (before === undefined) throw new BadRecording(`${name}:${i + 1}: the beginning of ${cluster} is missing`);
    const decision = decide(before.state, step.sample, step.nowMs, before.config);
    states.set(cluster, { config: before.config, state: decision.state });
    steps += 1;
    actions += decision.actions.length;
    const [recorded, replayed] = [JSON.stringify(step.decision), shown(decision)];
    if (recorded !== replayed) differences.push({ line: i + 1, cluster, recorded, replayed });
  }
  return { steps, actions, differences };
}

function shown({ actions, stamps, reason }: Decision): string {
  return JSON.stringify({ actions, stamps, reason });
}

function parse(line: string, place: string): z.infer<typeof Step> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new BadRecording(`${place}: is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  const step = Step.safeParse(json);
  if (step.success) return step.data;
  const [issue] = step.error.issues;
  throw new BadRecording(`${place}: ${issue?.path.join('.') || 'the line'}: ${issue?.message}`);
}
