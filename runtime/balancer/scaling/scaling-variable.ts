import { z } from 'zod';
import { mistakesOf } from '../../core/config/fleet';
import { ScalingConfig } from '../../core/config/scaling';
import { Id } from '../../core/protocol/limits';
import type { Consolidation } from '../watch/last-choice';

/** By cluster; null: this cluster is never scaled. */
const Scaling = z.record(Id, ScalingConfig.nullable());
type Scaling = z.infer<typeof Scaling>;

/** How clusters scale, as the text of a variable: JSON, as it is or in base64. Each mistake is an issue of its own, with its path. */
export const ScalingVariable: z.ZodType<Scaling, string> = z.string().transform((text, context): Scaling => {
  let given: unknown;
  try {
    given = JSON.parse(/^\s*[{[]/.test(text) ? text : Buffer.from(text, 'base64').toString('utf8'));
  } catch (error) {
    context.addIssue(`JSON is needed, e.g. {"game":{"minimum":4}}: ${error instanceof Error ? error.message : error}`);
    return z.NEVER;
  }
  const parsed = Scaling.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const mistake of mistakesOf(parsed.error)) context.addIssue(mistake);
  return z.NEVER;
});

/** How each of the clusters scales: as given, else with the defaults; without those that are never scaled. */
export function scalingOf(clusters: readonly string[], given: Scaling): ReadonlyMap<string, ScalingConfig> {
  const configs = new Map<string, ScalingConfig>();
  for (const cluster of clusters) {
    const config = cluster in given ? given[cluster] : ScalingConfig.parse({});
    if (config !== null && config !== undefined) configs.set(cluster, config);
  }
  return configs;
}

/** To how few nodes joins of a cluster go; null for one that is not scaled, or whose joins are to be spread evenly. */
export function consolidationOf(
  config: ScalingConfig | undefined,
  outgoing: NonNullable<Consolidation['outgoing']>,
): Consolidation | null {
  if (config === undefined || config.consolidate === null) return null;
  return { fill: config.consolidate, minimum: config.minimum, outgoing };
}
