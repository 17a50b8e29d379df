import { toFleetError } from '../../api/errors';
import { ERRORS } from '../../core/errors';
import { Histogram } from '../../core/histogram';
import type { MetricName, Sample } from '../../core/metrics';
import type { FleetEvent } from '../events';

interface ClusterCounts {
  assigns: number;
  readonly refusals: Map<string, number>;
  readonly decisions: Map<string, number>;
  readonly durations: Histogram;
  readonly ticks: Histogram;
}

/** An event of the autoscaler's that says what was done; other `scaling-…` events say why nothing was. */
const DECISION = /^scaling-(grow|drain|undrain|seal|terminate|replace|move|failed)$/;

/** What this balancer counts since its start. Counting is an addition: it is done for each player. */
export class Tally {
  readonly #clusters: ReadonlyMap<string, ClusterCounts>;
  readonly #apiErrors = new Map<string, number>();

  constructor(clusters: readonly string[]) {
    this.#clusters = new Map(
      clusters.map((cluster) => [
        cluster,
        {
          ...{ assigns: 0, refusals: new Map(), decisions: new Map() },
          ...{ durations: new Histogram(), ticks: new Histogram() },
        },
      ]),
    );
  }

  /** A player was given a node. */
  assigned(cluster: string, tookMs: number): void {
    const counts = this.#clusters.get(cluster);
    if (counts === undefined) return;
    counts.assigns += 1;
    counts.durations.add(tookMs / 1_000);
  }

  /** A player was given none. What is the caller's own mistake is not counted here: it will not be better the next time. */
  refused(cluster: string, error: unknown): void {
    const counts = this.#clusters.get(cluster);
    const code = refusalCode(error);
    if (counts !== undefined && code !== null) increase(counts.refusals, code);
  }

  /** How many players were given a node of the cluster, and none. */
  joins(cluster: string): { assigned: number; refused: number } {
    const { assigns = 0, refusals = new Map<string, number>() } = this.#clusters.get(cluster) ?? {};
    return { assigned: assigns, refused: [...refusals.values()].reduce((sum, count) => sum + count, 0) };
  }

  /** The API answered with an error. */
  apiError(code: string): void {
    increase(this.#apiErrors, code);
  }

  /** A tick of the watch loop. */
  ticked(cluster: string, tookMs: number): void {
    this.#clusters.get(cluster)?.ticks.add(tookMs / 1_000);
  }

  happened({ kind, cluster }: Pick<FleetEvent, 'kind' | 'cluster'>): void {
    const decision = DECISION.exec(kind)?.[1];
    const counts = cluster === undefined ? undefined : this.#clusters.get(cluster);
    if (decision !== undefined && counts !== undefined) increase(counts.decisions, decision);
  }

  samples(): Sample[] {
    const by = (name: MetricName, label: string, counts: ReadonlyMap<string, number>, labels = {}): Sample[] =>
      [...counts].map(([key, value]) => ({ name, labels: { ...labels, [label]: key }, value }));
    const clusters = [...this.#clusters].flatMap(([cluster, counts]): Sample[] => [
      { name: 'realtime_assigns_total', labels: { cluster }, value: counts.assigns },
      ...by('realtime_refusals_total', 'code', counts.refusals, { cluster }),
      { name: 'realtime_assign_duration_seconds', labels: { cluster }, value: counts.durations },
      ...by('realtime_decisions_total', 'decision', counts.decisions, { cluster }),
      { name: 'realtime_poll_tick_seconds', labels: { cluster }, value: counts.ticks },
    ]);
    return [...clusters, ...by('realtime_api_errors_total', 'code', this.#apiErrors)];
  }
}

/** Errors after which the same request may succeed later, and our own faults; null: the caller's. */
function refusalCode(error: unknown): string | null {
  const { code } = toFleetError(error);
  return ERRORS[code].retry || code === 'INTERNAL' ? code : null;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
