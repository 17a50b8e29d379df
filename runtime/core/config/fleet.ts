import { z } from 'zod';
import { Id } from '../protocol/limits';
import { ScalingConfig } from './scaling';

/** The whole stack: what the balancers scale by, and what the infrastructure is built from. */
export const FleetConfig = z.strictObject({
  /** Name of the environment, e.g. `prod-realtime`. */
  stack: Id,
  /** One entry per cluster, by its name. */
  clusters: z.record(Id, ScalingConfig).refine((clusters) => Object.keys(clusters).length > 0, 'must name a cluster'),
});
export type FleetConfig = z.infer<typeof FleetConfig>;

export type ParsedFleetConfig =
  | { readonly ok: true; readonly config: FleetConfig }
  /** One entry per mistake, `path: message`. */
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** Reads a configuration from outside; never throws. All mistakes are found at once. */
export function parseFleetConfig(input: unknown): ParsedFleetConfig {
  const parsed = FleetConfig.safeParse(input);
  return parsed.success ? { ok: true, config: parsed.data } : { ok: false, mistakes: mistakesOf(parsed.error) };
}

/** One line per mistake, `path: message`, e.g. `clusters.game.schedule[0].zone: is no known time zone; …`. */
export function mistakesOf(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(
          (key) => `${pathOf([...issue.path, key])}: is not a known setting; check the spelling, or remove it`,
        )
      : [`${pathOf(issue.path)}: ${issue.code === 'invalid_key' ? nameProblem(issue) : issue.message}`],
  );
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? 'configuration' : text.replace(/^\./, '');
}

/** What is wrong with the name of an entry, as the schema of names says it. */
function nameProblem(issue: z.core.$ZodIssueInvalidKey): string {
  return `is no usable name: ${issue.issues.map((inner) => inner.message).join(', ')}`;
}
