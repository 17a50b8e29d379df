import { afterEach, describe, expect, it } from '@jest/globals';
import { connectRegistry } from '../../../runtime/registry/connection';
import { RedisMatchQueue } from '../../../runtime/registry/match-queue';
import type { ScriptedRedis } from '../../../runtime/registry/scripted-redis';
import { defineScript, run } from '../../../runtime/registry/scripts';
import { matchEnter } from '../../../runtime/registry/scripts/match-enter.6';
import { eventually } from '../../support/eventually';
import { testRedis, testStack } from '../../support/redis';
import { OwnRedis } from '../lobby/own-redis';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** A Redis of the test's own, and a connection to it. */
async function ownRedis() {
  const own = await OwnRedis.create();
  undo.push(() => own.remove());
  await own.start();
  const connection = connectRegistry(own.url);
  undo.push(() => connection.close());
  await eventually('connected', () => connection.problem() === null);
  return { own, connection, redis: connection.redis };
}

/** Two scripts that write down when they were carried out. */
const scripts = [
  defineScript('odd.1', "return redis.call('RPUSH', KEYS[1], ARGV[1])"),
  defineScript('even.1', "return redis.call('RPUSH', KEYS[1], ARGV[1]) -- even"),
] as const;
const note = (redis: ScriptedRedis, key: string, n: number) => run(redis, scripts[n % 2 === 0 ? 1 : 0], [key], [n]);

/** How often a command was carried out since the server began. */
async function calls(redis: ScriptedRedis, command: string): Promise<number> {
  const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.info('commandstats'));
  return Number(found?.[1] ?? 0);
}

describe('scripts', () => {
  it('are loaded when the connection is ready, also to another Redis', async () => {
    const { own, connection, redis } = await ownRedis();
    new RedisMatchQueue({ redis, stack: testStack() });
    expect(await redis.script('EXISTS', matchEnter.sha)).toEqual([1]);
    await own.kill();
    await eventually('the connection is lost', () => connection.problem() !== null);
    await own.start();
    await eventually('it is back', () => connection.problem() === null);
    expect(await redis.script('EXISTS', matchEnter.sha)).toEqual([1]);
    expect(await calls(redis, 'evalsha')).toBe(0);
  });

  it('that Redis forgets under load run in the order of the calls, and their text is not sent with each', async () => {
    const { redis } = await ownRedis();
    redis.scripts.prepare(...scripts);
    const made: Promise<unknown>[] = [];
    const FLUSHES = 20;
    const BURST = 100;
    for (let flush = 0; flush < FLUSHES; flush++) {
      for (let n = 0; n < BURST; n++) {
        // In the middle of a burst, so that calls under way are forgotten and newer ones are made meanwhile.
        if (n === BURST / 2) made.push(redis.script('FLUSH'));
        made.push(note(redis, 'order', made.length));
        if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await Promise.all(made);
    const order = (await redis.lrange('order', 0, -1)).map(Number);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(order).toHaveLength(FLUSHES * BURST);
    const texts = (await calls(redis, 'eval')) + (await calls(redis, 'script\\|load'));
    expect(texts).toBeLessThan((FLUSHES * BURST) / 4);
  });

  it('that others make Redis forget all the time still run, each call once', async () => {
    const redis = testRedis();
    const other = testRedis();
    undo.push(
      () => redis.disconnect(),
      () => other.disconnect(),
    );
    const key = testStack();
    undo.push(() => redis.del(key));
    let flushing = true;
    const flushes = (async () => {
      while (flushing) await other.script('FLUSH');
    })();
    for (let round = 0; round < 50; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, n) => note(redis, key, 20 * round + n)));
    }
    flushing = false;
    await flushes;
    const seen = (await redis.lrange(key, 0, -1)).map(Number).sort((left, right) => left - right);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  it('that fail while they run are not called again', async () => {
    const { redis } = await ownRedis();
    const half = defineScript('half.1', "redis.call('INCR', KEYS[1]) return redis.call('NOSUCH')");
    for (let n = 1; n <= 2; n++) {
      await expect(run(redis, half, ['count'], [])).rejects.toThrow('Unknown Redis command');
      expect(await redis.get('count')).toBe(String(n));
    }
    expect(await run(redis, scripts[0], ['after'], [1])).toBe(1);
  });
});
