import { codeName } from './codes';
import { answered } from './connection';
import { ordersKey } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run } from './scripts';
import { ordersSave } from './scripts/orders-save.1';

/** Where the orders of operators that last are kept. Each method rejects with RegistryUnavailable while Redis does not answer. */
export interface OrderStore {
  /** What was saved last, and its revision; null when nothing was. */
  load(): Promise<{ readonly rev: number; readonly text: string } | null>;
  /** Keeps this version in place of the one with revision `expected` (0: of none); false when another is there. */
  save(expected: number, rev: number, text: string): Promise<boolean>;
}

export class RedisOrders implements OrderStore {
  readonly #redis: ScriptedRedis;
  readonly #key: string;

  constructor(redis: ScriptedRedis, stack: string) {
    this.#redis = redis;
    redis.scripts.prepare(ordersSave);
    this.#key = ordersKey(stack);
  }

  async load(): Promise<{ readonly rev: number; readonly text: string } | null> {
    const [rev, text] = await answered(this.#redis.hmget(this.#key, 'rev', 'orders'));
    return rev == null || text == null ? null : { rev: Number(rev), text };
  }

  async save(expected: number, rev: number, text: string): Promise<boolean> {
    const reply = new Reply(ordersSave, await run(this.#redis, ordersSave, [this.#key], [expected, rev, text]));
    return codeName(reply.int()) === 'OK';
  }
}
