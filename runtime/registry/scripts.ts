import { createHash } from 'node:crypto';
import { answered } from './connection';
import type { ScriptedRedis } from './scripted-redis';

/**
 * One Lua script. Each is a file of its own, `scripts/NAME.KEYCOUNT.ts` (`n`: the number of keys varies), whose header lists
 * every KEYS[n] and ARGV[n] and what is returned. The Lua is in a template string, so that esbuild, jest and tsx all load it
 * without a loader.
 */
export interface Script {
  readonly name: string;
  readonly lua: string;
  /** SHA-1 of the text: what Redis knows it by. */
  readonly sha: string;
  /** How many keys it takes; null when that varies. */
  readonly keyCount: number | null;
}

/** `name` is that of the file: it ends with the number of keys, or `n`. */
export function defineScript(name: string, lua: string): Script {
  const count = name.slice(name.lastIndexOf('.') + 1);
  return {
    name,
    lua,
    sha: createHash('sha1').update(lua).digest('hex'),
    keyCount: count === 'n' ? null : Number(count),
  };
}

/**
 * Runs a script. Calls over one connection are carried out in the order in which they are made.
 * @throws RegistryUnavailable when Redis does not answer.
 */
export async function run(
  redis: ScriptedRedis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  if (script.keyCount !== null && script.keyCount !== keys.length) {
    throw new Error(`script ${script.name} got ${keys.length} keys`);
  }
  return answered(redis.scripts.run(script, keys, args));
}

/**
 * Reads a script's reply, a flat array, value by value: the types are checked where the untyped reply enters, cheaply enough
 * for the hot path.
 */
export class Reply {
  readonly #script: string;
  readonly #values: readonly unknown[];
  #next = 0;

  constructor(script: Script, raw: unknown) {
    this.#script = script.name;
    this.#values = Array.isArray(raw) ? raw : [raw];
  }

  /** True when every value was read. */
  get done(): boolean {
    return this.#next >= this.#values.length;
  }

  int(): number {
    const value = this.#values[this.#next++];
    if (typeof value !== 'number') throw this.#unexpected('an integer', value);
    return value;
  }

  text(): string {
    const value = this.#values[this.#next++];
    if (typeof value !== 'string') throw this.#unexpected('a string', value);
    return value;
  }

  #unexpected(wanted: string, value: unknown): Error {
    return new Error(`script ${this.#script}: value ${this.#next} of the reply is ${typeof value}, expected ${wanted}`);
  }
}
