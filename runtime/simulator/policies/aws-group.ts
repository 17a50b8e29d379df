import type { Cluster } from '../world/cluster';
import type { SimNode } from '../world/sim-node';
import type { Note, Policy } from './policy';

const MINUTE_TICKS = 60;

export interface AwsGroupOptions {
  /** Players that a node should hold. */
  readonly capacity: number;
  /** Share of it that is aimed at. */
  readonly target: number;
  readonly minimum: number;
  /** Deregistration delay, in milliseconds. */
  readonly drainMs: number;
}

/**
 * What an Auto Scaling group with a load balancer in front of it does: a metric once a minute; who leaves is chosen by the group,
 * not by its players (the zone with the most instances, then the oldest); connections of an instance that leaves are cut when the
 * deregistration delay is over; it cannot be had back; and full nodes get players all the same.
 */
export abstract class AwsGroup implements Policy {
  readonly refuse = false;
  protected readonly options: AwsGroupOptions;

  constructor(options: AwsGroupOptions) {
    this.options = options;
  }

  /** The group begins at the size that its target asks for. */
  first(players: number): number {
    const { capacity, target, minimum } = this.options;
    return Math.max(minimum, Math.ceil(players / (target * capacity)));
  }

  /** The size to have now, by the average sessions of the last minute; the present one for no change. */
  protected abstract size(average: number, inService: number, size: number, nowMs: number): number;

  step(cluster: Cluster, note: Note): void {
    if (cluster.tick % MINUTE_TICKS !== MINUTE_TICKS - 1) return;
    const staying = [...cluster.nodes].filter(({ phase }) => phase === 'open');
    const inService = staying.filter(({ health }) => health === 'green');
    const leaving = cluster.nodes.size - staying.length;
    const average = inService.reduce((sum, { sessions }) => sum + sessions, 0) / Math.max(1, inService.length);
    const now = cluster.desired - leaving;
    const size = Math.max(1, this.size(average, inService.length, now, cluster.nowMs));
    if (size > now) {
      cluster.grow(leaving + size);
      note('grow', `from ${now} to ${size} instances: average ${Math.round(average)} players per node`);
    }
    for (let surplus = now - size; surplus > 0; surplus--) {
      const victim = groupsChoice(inService.filter(({ phase }) => phase === 'open'));
      if (victim === undefined) break;
      cluster.drain(victim, cluster.nowMs + this.options.drainMs);
      note(
        'drain',
        `${victim.nodeId} with ${victim.sessions} players leaves: average ${Math.round(average)} players per node`,
      );
    }
  }
}

/** The default termination policy. */
function groupsChoice(nodes: readonly SimNode[]): SimNode | undefined {
  const zones = new Map<string, number>();
  for (const { zone } of nodes) zones.set(zone, (zones.get(zone) ?? 0) + 1);
  const inZone = ({ zone }: SimNode): number => zones.get(zone) ?? 0;
  return nodes.reduce<SimNode | undefined>(
    (best, node) =>
      best === undefined ||
      inZone(node) > inZone(best) ||
      (inZone(node) === inZone(best) && node.launchedAtMs < best.launchedAtMs)
        ? node
        : best,
    undefined,
  );
}
