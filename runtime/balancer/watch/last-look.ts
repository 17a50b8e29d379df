import { NotYet } from '../../autoscaler';
import type { Fleet } from '../../fleet/port';
import { messageOf } from '../complaints';
import type { ClusterRegistry, Ownership } from './registry-writer';

interface LastLookOptions {
  readonly cluster: string;
  readonly fleet: Pick<Fleet, 'reportUnhealthy'>;
  readonly ownership: Ownership;
  readonly registry: ClusterRegistry;
}

/**
 * Tells the fleet that a node is dead. The fleet knows no epochs, so the intention goes through the registry first: an owner that has been
 * replaced meanwhile is refused there (S4), and nothing is replaced while nobody can say who the owner is. Nor is a node that answers
 * while that is asked (S1). Rejects with NotYet when the fleet was not told.
 *
 * @param heardAtMs when the node last answered, monotonic.
 */
export async function replaceAfterLastLook(
  nodeId: string,
  heardAtMs: () => number,
  { cluster, fleet, ownership, registry }: LastLookOptions,
): Promise<void> {
  const sinceMs = performance.now();
  const epoch = ownership.epoch(cluster);
  if (epoch === null) throw new NotYet('this balancer does not own the cluster any more');
  await registry.seats.suspend(nodeId, epoch).catch((error) => {
    throw new NotYet(`the registry was not told: ${messageOf(error)}`);
  });
  if (ownership.epoch(cluster) !== epoch) throw new NotYet('this balancer does not own the cluster any more');
  if (heardAtMs() > sinceMs) throw new NotYet('it answers again');
  await fleet.reportUnhealthy(cluster, nodeId);
}
