import { afterAll, describe, expect, it } from '@jest/globals';
import { messagesKey } from '../../../runtime/registry/keys';
import { RedisSentMessages } from '../../../runtime/registry/sent-messages';
import { testRedis, testStack } from '../../support/redis';

const redis = testRedis();
const stack = testStack();
afterAll(() => redis.disconnect());

describe('the times of the last messages', () => {
  it('are kept for each of the two balancers, for as long as they matter', async () => {
    const first = new RedisSentMessages(redis, stack, 'lobby');
    expect(await first.load()).toEqual([]);
    await first.save([1, 2.5], 60_000);
    expect(await first.load()).toEqual([1, 2.5]);
    expect(await new RedisSentMessages(redis, stack, 'game').load()).toEqual([]);
    const left = await redis.pttl(messagesKey(stack, 'lobby'));
    expect(left > 0 && left <= 60_000).toBe(true);
  });

  it.each(['no list', '{"a":1}', '["x"]'])('begin anew when somebody wrote %s', async (text) => {
    const side = `side-${text.length}`;
    await redis.set(messagesKey(stack, side), text);
    expect(await new RedisSentMessages(redis, stack, side).load()).toEqual([]);
  });
});
