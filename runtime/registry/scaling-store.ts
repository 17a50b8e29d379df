import { codeName } from './codes';
import { answered } from './connection';
import { type ScalingKeys, scalingKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run } from './scripts';
import { scalingLoad } from './scripts/scaling-load.1';
import { scalingSave } from './scripts/scaling-save.2';
import { StaleEpoch } from './types';

interface Remembered {
  readonly state: string | null;
  readonly outAgoMs: number | null;
  readonly inAgoMs: number | null;
  readonly refused: number;
}

/**
 * What the autoscaler remembers of each cluster, in Redis: it outlives the balancer that decided (S5). An emptied Redis has no
 * stamps, which means "just scaled"; whoever decides next writes them anew.
 */
export class RedisScalingStore {
  readonly #redis: ScriptedRedis;
  readonly #stack: string;

  constructor(redis: ScriptedRedis, stack: string) {
    this.#redis = redis;
    redis.scripts.prepare(scalingLoad, scalingSave);
    this.#stack = stack;
  }

  /**
   * The state as it was saved, null when there is none; the age of each stamp in milliseconds, null when it is missing; and how many
   * joins were refused since the last call. For the owner: the count begins anew.
   */
  async load(cluster: string): Promise<Remembered> {
    const reply = new Reply(scalingLoad, await run(this.#redis, scalingLoad, [this.#keys(cluster).scaling], []));
    const state = reply.text();
    return { state: state === '' ? null : state, outAgoMs: age(reply), inAgoMs: age(reply), refused: reply.int() };
  }

  /** Keeps the state and begins the given cooldowns now, all or nothing. @throws StaleEpoch when a newer owner has written. */
  async save(
    cluster: string,
    entry: { readonly epoch: number; readonly state: string; readonly stamps: readonly ('out' | 'in')[] },
  ): Promise<void> {
    const { epoch, scaling } = this.#keys(cluster);
    const args = [entry.epoch, entry.state, ...entry.stamps];
    const reply = new Reply(scalingSave, await run(this.#redis, scalingSave, [epoch, scaling], args));
    if (codeName(reply.int()) === 'STALE') throw new StaleEpoch(entry.epoch);
  }

  /** Whichever balancer refused joins for lack of room: the owner learns of it with its next `load`. */
  async refused(cluster: string, count: number): Promise<void> {
    await answered(this.#redis.hincrby(this.#keys(cluster).scaling, 'refused', count));
  }

  #keys(cluster: string): ScalingKeys {
    return scalingKeys(this.#stack, cluster);
  }
}

function age(reply: Reply): number | null {
  const ms = reply.int();
  return ms < 0 ? null : ms;
}
