import { z } from 'zod';
import { answered } from './connection';
import { messagesKey } from './keys';
import type { ScriptedRedis } from './scripted-redis';

const Moments = z.array(z.number()).max(1_000);

/**
 * When a balancer's last messages were sent, so that it keeps within its limit also when it is started anew. One that writes what is
 * no list of ours is ignored: at worst a few messages more are sent.
 */
export class RedisSentMessages {
  readonly #redis: ScriptedRedis;
  readonly #key: string;

  /** @param side which of the two balancers, the same after its restart. */
  constructor(redis: ScriptedRedis, stack: string, side: string) {
    this.#redis = redis;
    this.#key = messagesKey(stack, side);
  }

  /** Unix times in milliseconds. @throws RegistryUnavailable while Redis does not answer. */
  async load(): Promise<readonly number[]> {
    const text = await answered(this.#redis.get(this.#key));
    if (text === null) return [];
    return Moments.safeParse(parsed(text)).data ?? [];
  }

  /** @param forMs how long they matter, in milliseconds. @throws RegistryUnavailable while Redis does not answer. */
  async save(atMs: readonly number[], forMs: number): Promise<void> {
    await answered(this.#redis.set(this.#key, JSON.stringify(atMs), 'PX', Math.ceil(forMs)));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
