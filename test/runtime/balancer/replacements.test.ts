import { describe, expect, it } from '@jest/globals';
import { Replacements } from '../../../runtime/balancer/replacements';
import { silentLog } from './support';

describe('replacements', () => {
  it('tell the fleet once, back off while it refuses, and condemn from the moment of the call', async () => {
    const calls: string[] = [];
    let failure: Error | null = new Error('throttled');
    const fleet = {
      reportUnhealthy: async (_cluster: string, nodeId: string) => {
        calls.push(nodeId);
        if (failure !== null) throw failure;
      },
    };
    const replacements = new Replacements(fleet, 'game', silentLog);
    const first = replacements.report('a', 0);
    expect([...replacements.condemned()]).toEqual(['a']);
    await first;
    expect([...replacements.condemned()]).toEqual([]);
    for (const nowMs of [500, 1_000, 2_000, 2_999]) await replacements.report('a', nowMs);
    expect(calls).toEqual(['a', 'a']);
    failure = null;
    await replacements.report('a', 3_000);
    await replacements.report('a', 60_000);
    expect(calls).toEqual(['a', 'a', 'a']);
    expect([...replacements.condemned()]).toEqual(['a']);
    replacements.forget('a');
    expect([...replacements.condemned()]).toEqual([]);
  });
});
