import { describe, expect, it } from '@jest/globals';
import { NotYet } from '../../../../runtime/autoscaler';
import { ownedFleet } from '../../../../runtime/balancer/scaling/owned-fleet';
import type { Fleet } from '../../../../runtime/fleet/port';

/** A fleet that keeps what it was told, and with what limit. */
function setUp(remainingMs: number) {
  const told: { readonly what: string; readonly limit: AbortSignal | undefined }[] = [];
  const tell = async (what: string, limit: AbortSignal | undefined): Promise<void> => void told.push({ what, limit });
  const fleet: Fleet = {
    describe: async () => [],
    group: async (cluster) => ({ cluster, desired: 1, wantedVersion: null }),
    grow: (_, size, limit) => tell(`grow ${size}`, limit),
    terminate: (_, nodeId, limit) => tell(`terminate ${nodeId}`, limit),
    reportUnhealthy: (_, nodeId, limit) => tell(`replace ${nodeId}`, limit),
  };
  return { told, fleet: ownedFleet(fleet, { remainingMs: () => remainingMs }, 1_500) };
}

describe('the fleet of an owner', () => {
  it('is changed within a time limit', async () => {
    const { told, fleet } = setUp(1_500);
    await fleet.grow('game', 3);
    await fleet.terminate('game', 'a');
    await fleet.reportUnhealthy('game', 'b');
    expect(told.map(({ what }) => what)).toEqual(['grow 3', 'terminate a', 'replace b']);
    expect(told.every(({ limit }) => limit !== undefined)).toBe(true);
  });

  it('is not changed when the lease may end before the call does (S4), which is no failure; it may still be read', async () => {
    const { told, fleet } = setUp(1_499);
    const why = 'the ownership lasts 1499 ms more';
    await expect(fleet.grow('game', 3)).rejects.toThrow(why);
    await expect(fleet.terminate('game', 'a')).rejects.toThrow(NotYet);
    await expect(fleet.reportUnhealthy('game', 'b')).rejects.toThrow(NotYet);
    expect(told).toEqual([]);
    expect(await fleet.group('game')).toMatchObject({ desired: 1 });
  });
});
