import Redis from 'ioredis';

/** How long a Redis that is not ours may take to answer, in milliseconds. */
const LIMIT_MS = 3_000;

/** @throws when the Redis that REDIS_URL names does not answer. */
export async function checkRedis(url: string): Promise<void> {
  await withRedis(url, (redis) => redis.ping());
}

/** Removes what this run wrote, as the Redis lives on; nothing when it does not answer any more. */
export async function removeKeys(url: string, stack: string): Promise<void> {
  await withRedis(url, async (redis) => {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `{${stack}:*`, 'COUNT', 1_000);
      if (keys.length > 0) await redis.unlink(keys);
      cursor = next;
    } while (cursor !== '0');
  }).catch(() => undefined);
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: LIMIT_MS,
    commandTimeout: LIMIT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: () => null,
  });
  let reason = '';
  redis.on('error', (error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    const why = reason || (error instanceof Error ? error.message : String(error));
    throw new Error(`The Redis at REDIS_URL (${withoutPassword(url)}) does not answer: ${why}`);
  } finally {
    // Closing what has ended already leaves a timer of two seconds.
    if (redis.status !== 'end') redis.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
