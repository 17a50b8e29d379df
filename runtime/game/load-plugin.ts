import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { GamePlugin, PayloadSchema } from './plugin';

const isFunction = (value: unknown): boolean => typeof value === 'function';

const Schema = z.custom<PayloadSchema>(
  (value) => typeof value === 'object' && value !== null && 'safeParse' in value && isFunction(value.safeParse),
  'must be a schema with a method safeParse, e.g. of zod',
);

const Plugin = z.object({
  events: z.record(
    z.string().refine((name) => name !== 'CONNECT', "CONNECT is the game server's own"),
    Schema,
  ),
  create: z.custom<GamePlugin['create']>(isFunction, 'must be a function'),
});

/**
 * Loads a plug-in: a CommonJS or ES module (without top-level await) whose exports, or whose default export, is a `GamePlugin`.
 *
 * @param path absolute, or relative to the working directory
 * @throws with the path and what is wrong with it
 */
export function loadPlugin(path: string): GamePlugin {
  const file = resolve(path);
  let loaded: unknown;
  try {
    // Not `import()`: it is this file's own folder that a bundler resolves that from.
    loaded = createRequire(join(process.cwd(), 'plugin'))(file);
  } catch (error) {
    throw new Error(`GAME_PLUGIN: ${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checkedPlugin(loaded, `GAME_PLUGIN: ${file}`);
}

/**
 * A module whose exports, or whose default export, is a `GamePlugin`.
 * @param name of the module, for the error.
 * @throws with the name and what is wrong.
 */
export function checkedPlugin(loaded: unknown, name: string): GamePlugin {
  const candidate = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  const parsed = Plugin.safeParse(candidate);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'export'}: ${issue.message}`);
  throw new Error(`${name} is not a plug-in: ${mistakes.join('; ')}`);
}
