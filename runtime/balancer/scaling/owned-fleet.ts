import { NotYet } from '../../autoscaler';
import type { Fleet } from '../../fleet/port';
import type { LeasedOwnership } from '../pair/ownership';

/**
 * The fleet knows no epochs: what changes it begins, and ends, only while the ownership lasts (S4). Else it rejects with NotYet, and the
 * fleet was not asked.
 *
 * @param limitMs time limit of a call, in milliseconds.
 */
export function ownedFleet(fleet: Fleet, ownership: Pick<LeasedOwnership, 'remainingMs'>, limitMs: number): Fleet {
  const change = async (cluster: string, call: (limit: AbortSignal) => Promise<void>): Promise<void> => {
    const leftMs = ownership.remainingMs(cluster);
    if (leftMs < limitMs) {
      throw new NotYet(`the ownership lasts ${Math.round(leftMs)} ms more, and a call may take longer`);
    }
    await call(AbortSignal.timeout(limitMs));
  };
  return {
    describe: (cluster) => fleet.describe(cluster),
    group: (cluster) => fleet.group(cluster),
    grow: (cluster, size) => change(cluster, (limit) => fleet.grow(cluster, size, limit)),
    terminate: (cluster, nodeId) => change(cluster, (limit) => fleet.terminate(cluster, nodeId, limit)),
    reportUnhealthy: (cluster, nodeId) => change(cluster, (limit) => fleet.reportUnhealthy(cluster, nodeId, limit)),
  };
}
