import type { PrivateRedis } from '../../runtime/local/redis';

export default async function globalTeardown(): Promise<void> {
  await (globalThis as { privateRedis?: PrivateRedis }).privateRedis?.stop();
}
