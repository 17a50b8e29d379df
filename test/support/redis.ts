import { randomBytes } from 'node:crypto';
import { ScriptedRedis } from '../../runtime/registry/scripted-redis';

/** A connection to the run's private Redis. Close it with `disconnect()` in afterAll. */
export function testRedis(): ScriptedRedis {
  const url = process.env.TEST_REDIS_URL;
  if (url === undefined) throw new Error('TEST_REDIS_URL is not set: run the tests with "npm test"');
  return new ScriptedRedis(url, { maxRetriesPerRequest: null });
}

/** A stack name that no other test has: the keys of tests that run side by side never meet. */
export function testStack(): string {
  return `t${randomBytes(6).toString('hex')}`;
}
