import type Redis from 'ioredis';
import { answered } from './connection';
import { askedKey } from './keys';

/** How long the value lives, in milliseconds. */
const TTL_MS = 10_000;

/**
 * Asks the registry whether it can be worked with, by a write: one that only reads, or is out of memory, fails as well.
 * @throws RegistryUnavailable when it can not.
 */
export async function askRegistry(redis: Redis, stack: string): Promise<void> {
  await answered(redis.set(askedKey(stack), '', 'PX', TTL_MS));
}
