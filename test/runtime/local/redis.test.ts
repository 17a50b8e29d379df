import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Redis from 'ioredis';
import { checkRedis, removeKeys } from '../../../runtime/local/outside-redis';
import { startPrivateRedis } from '../../../runtime/local/redis';
import { eventually } from '../../support/eventually';
import { testRedis, testStack } from '../../support/redis';
import { exists } from './support';

describe('a private Redis', () => {
  it('answers, and is gone with its folder after the stop, even when it hangs', async () => {
    const redis = await startPrivateRedis(() => undefined);
    const pid = redis.process?.pid ?? -1;
    const client = new Redis(redis.url, { retryStrategy: () => null });
    client.on('error', () => undefined);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    process.kill(pid, 'SIGSTOP');
    await redis.stop();
    expect(exists(pid)).toBe(false);
    expect(existsSync(dirname(redis.url))).toBe(false);
  });

  it('that is killed is started again, empty, at the same address; a stop meanwhile leaves nothing', async () => {
    const said: string[] = [];
    const redis = await startPrivateRedis((line) => said.push(line));
    const client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    await client.set('key', 'value');
    const killed = redis.process?.pid ?? -1;
    process.kill(killed, 'SIGKILL');
    await eventually('it was noticed', () => said.length > 0);
    expect(await client.get('key')).toBeNull();
    expect(redis.process?.pid).not.toBe(killed);
    expect(said).toEqual(['Redis has ended by itself (SIGKILL); another starts, empty']);
    client.disconnect();

    redis.process?.kill('SIGKILL');
    await eventually('it was noticed again', () => said.length > 1);
    await redis.stop();
    expect(existsSync(dirname(redis.url))).toBe(false);
  });

  it('is not started when the start was given up', async () => {
    const reason = new Error('given up');
    await expect(startPrivateRedis(() => undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('a Redis that is not ours', () => {
  const url = process.env.TEST_REDIS_URL ?? '';

  it('is checked before anything is started', async () => {
    await expect(checkRedis(url)).resolves.toBeUndefined();
    await expect(checkRedis('redis://:secret@127.0.0.1:1')).rejects.toThrow(
      /^The Redis at REDIS_URL \(redis:\/\/…@127\.0\.0\.1:1\) does not answer: .*ECONNREFUSED/,
    );
  });

  it('loses the keys of our stack at the end, and no others', async () => {
    const [mine, theirs] = [testStack(), testStack()];
    const redis = testRedis();
    await redis.mset(`{${mine}:lobby}:a`, '1', `{${mine}:game}:b`, '2', `{${theirs}:lobby}:a`, '3');
    await removeKeys(url, mine);
    expect(await redis.exists(`{${mine}:lobby}:a`, `{${mine}:game}:b`)).toBe(0);
    expect(await redis.exists(`{${theirs}:lobby}:a`)).toBe(1);
    redis.disconnect();
    await expect(removeKeys('redis://127.0.0.1:1', mine)).resolves.toBeUndefined();
  });
});
