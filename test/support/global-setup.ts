import { startPrivateRedis } from '../../runtime/local/redis';

/** One private Redis for the whole run; each test takes a stack name of its own (see `redis.ts`), so tests run side by side. */
export default async function globalSetup(): Promise<void> {
  const redis = await startPrivateRedis((line) => process.stderr.write(`${line}\n`));
  process.env.TEST_REDIS_URL = redis.url;
  Object.assign(globalThis, { privateRedis: redis });
}
