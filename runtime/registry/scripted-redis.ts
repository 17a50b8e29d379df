import Redis, { type RedisOptions } from 'ioredis';
import type { Script } from './scripts';

/** A connection to Redis that keeps its scripts loaded. */
export class ScriptedRedis extends Redis {
  readonly scripts: LoadedScripts;

  constructor(url: string, options: RedisOptions & { replyMapping?: 'legacy' }) {
    super(url, options);
    this.scripts = new LoadedScripts(this);
  }
}

/** How often the scripts are loaded for one call, should Redis forget them again and again, before its text is sent with it. */
const ROUNDS = 3;

type EvalParameters = readonly [number, ...(string | number)[]];

/**
 * The scripts of one connection. They are loaded as soon as it is ready, before anything else is sent. When Redis forgets them
 * nevertheless (SCRIPT FLUSH), the calls that it did not understand are made again, one after the other, and newer calls wait for them:
 * two calls about one player are carried out in the order in which they were made, and no burst of calls sends its texts with each.
 */
class LoadedScripts {
  readonly #redis: Redis;
  readonly #prepared = new Map<string, Script>();
  /** Calls that Redis did not understand. */
  readonly #failed: (() => Promise<void>)[] = [];
  #mending = false;
  /** Newer calls. */
  readonly #waiting: (() => void)[] = [];

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('ready', () => this.#load());
  }

  /** These will be used: all are loaded together. */
  prepare(...scripts: readonly Script[]): void {
    for (const script of scripts) this.#prepared.set(script.sha, script);
    if (this.#redis.status === 'ready') this.#load();
  }

  /** Runs a script by its hash. Rejects as ioredis does. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const parameters: EvalParameters = [keys.length, ...keys, ...args];
    if (!this.#mending) return this.#call(script, parameters);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => this.#call(script, parameters).then(resolve, reject));
    });
  }

  async #call(script: Script, parameters: EvalParameters): Promise<unknown> {
    try {
      return await this.#redis.evalsha(script.sha, ...parameters);
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
    return new Promise((resolve, reject) => {
      this.#failed.push(() => this.#callAgain(script, parameters).then(resolve, reject));
      if (!this.#mending) void this.#mend();
    });
  }

  async #mend(): Promise<void> {
    this.#mending = true;
    // All of them: else waiting calls of scripts that Redis knows would overtake the others.
    this.#load();
    for (let next = this.#failed.shift(); next !== undefined; next = this.#failed.shift()) await next();
    this.#mending = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async #callAgain(script: Script, parameters: EvalParameters): Promise<unknown> {
    for (let round = 0; round < ROUNDS; round++) {
      try {
        return await this.#redis.evalsha(script.sha, ...parameters);
      } catch (error) {
        if (!isUnknown(error)) throw error;
      }
      this.#prepared.set(script.sha, script);
      this.#load();
    }
    return this.#redis.eval(script.lua, ...parameters);
  }

  /** What is sent later over this connection finds them loaded. A failure shows with the next call. */
  #load(): void {
    for (const { lua } of this.#prepared.values()) this.#redis.script('LOAD', lua).catch(() => undefined);
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
