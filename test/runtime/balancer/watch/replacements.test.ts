import { describe, expect, it } from '@jest/globals';
import { NotYet } from '../../../../runtime/autoscaler';
import { Replacements } from '../../../../runtime/balancer/watch/replacements';
import { FleetRefusal } from '../../../../runtime/fleet/port';
import { silentLog } from '../support';

/** Replacements whose fleet answers with `failure`, or does as it is told. */
function setUp() {
  const calls: string[] = [];
  const world = { nowMs: 0, failure: null as Error | null };
  const tell = async (nodeId: string) => {
    calls.push(nodeId);
    if (world.failure !== null) throw world.failure;
  };
  const replacements = new Replacements(tell, () => world.nowMs, silentLog);
  return { calls, world, replacements, condemned: () => [...replacements.condemned()] };
}

describe('replacements', () => {
  it('tell the fleet once, back off while it refuses, and condemn from the moment of the call', async () => {
    const { calls, world, replacements, condemned } = setUp();
    world.failure = new FleetRefusal('throttled');
    const first = replacements.report('a');
    expect(condemned()).toEqual(['a']);
    await first;
    expect(condemned()).toEqual([]);
    for (const nowMs of [500, 1_000, 2_000, 2_999]) {
      world.nowMs = nowMs;
      await replacements.report('a');
    }
    expect(calls).toEqual(['a', 'a']);
    world.failure = null;
    for (const nowMs of [3_000, 60_000, 3_600_000]) {
      world.nowMs = nowMs;
      await replacements.report('a');
    }
    expect(calls).toEqual(['a', 'a', 'a']);
    expect(condemned()).toEqual(['a']);
    replacements.forget('a');
    expect(condemned()).toEqual([]);
  });

  it('condemn for a while when no answer came: the fleet may have been told (S1)', async () => {
    const { world, replacements, condemned } = setUp();
    world.failure = new Error('no answer in time');
    await replacements.report('a');
    world.nowMs = 59_999;
    expect(condemned()).toEqual(['a']);
    world.nowMs = 60_000;
    expect(condemned()).toEqual([]);
  });

  it('neither condemn nor back off when the fleet was not asked', async () => {
    const { calls, world, replacements, condemned } = setUp();
    world.failure = new NotYet('the ownership ends');
    await replacements.report('a');
    expect(condemned()).toEqual([]);
    world.failure = null;
    await replacements.report('a');
    expect([calls, condemned()]).toEqual([['a', 'a'], ['a']]);
  });

  it('for others reject when the fleet may not know, and are not given twice at a time', async () => {
    const { world, replacements } = setUp();
    world.failure = new Error('no answer in time');
    const first = replacements.tell('a');
    await expect(replacements.tell('a')).rejects.toThrow(NotYet);
    await expect(first).rejects.toThrow('no answer in time');
  });
});
