import { mistakesOf } from '../runtime/core/config/fleet';
import { Environment, EnvironmentNames } from './environment';

export type ParsedContext =
  | { readonly ok: true; readonly environments: ReadonlyMap<string, Environment> }
  /** One entry per mistake, `path: message`. */
  | { readonly ok: false; readonly mistakes: readonly string[] };

/**
 * Reads the environments out of the CDK context: `environments` of `cdk.json`, each with what the command line changes put over it.
 * `-c instanceNum=50` changes all of them, `-c prod-realtime.instanceNum=50` one, `-c clusters.game.scaling.maximum=200` something
 * deeper. All mistakes are found at once; one that all environments share is told once.
 * @param context everything that the CDK knows; keys of its own and of its features are left alone.
 */
export function parseContext(context: Readonly<Record<string, unknown>>): ParsedContext {
  const named = EnvironmentNames.safeParse(context.environments ?? {});
  if (!named.success)
    return { ok: false, mistakes: mistakesOf(named.error).map((mistake) => `environments.${mistake}`) };
  const names = Object.keys(named.data);
  if (names.length === 0) return { ok: false, mistakes: ['environments: must name one; cdk.json has the examples'] };

  const changes = Object.entries(context).filter(([key]) => isOurs(key));
  const environments = new Map<string, Environment>();
  const mistakes = new Map<string, string[]>();
  for (const name of names) {
    const parsed = Environment.safeParse(withChanges(name, named.data[name], changes, names));
    if (parsed.success) environments.set(name, parsed.data);
    else
      for (const mistake of mistakesOf(parsed.error)) mistakes.set(mistake, [...(mistakes.get(mistake) ?? []), name]);
  }
  if (mistakes.size === 0) return { ok: true, environments };
  const told = ([mistake, where]: [string, string[]]) =>
    where.length === names.length ? [mistake] : where.map((name) => `${name}.${mistake}`);
  return { ok: false, mistakes: [...mistakes].flatMap(told) };
}

/** The CDK's own keys have a colon or an at sign: feature flags, cached look-ups, what the CLI tells the app. */
function isOurs(key: string): boolean {
  return key !== 'environments' && !/[:@]/.test(key);
}

function withChanges(
  name: string,
  base: unknown,
  changes: readonly (readonly [string, unknown])[],
  names: readonly string[],
): unknown {
  return changes.reduce((environment, [key, value]) => {
    const [first = '', ...rest] = key.split('.');
    if (!names.includes(first)) return withValue(environment, [first, ...rest], parsed(value));
    return first === name ? withValue(environment, rest, parsed(value)) : environment;
  }, base);
}

/** A copy with one value changed; what is in the way of the path is replaced. */
function withValue(base: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const fields = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  return { ...fields, [key]: withValue(Reflect.get(fields, key), rest, value) };
}

/** On the command line every value is text: `50` is meant as a number, `[…]` as a list. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
