import type { Broken } from '../bees/broken';
import type { Group } from './group';

/** What scaling did to nodes and players during a run, seen from outside: by who starts the processes, and by the players. */
export interface ScalingSummary {
  /** Players who lost a place on a node that was terminated at the balancer's demand, while they were entitled to it. */
  readonly cutOffByScaling: number;
  /** Nodes started and terminated after the cluster was up. */
  readonly nodesStarted: number;
  readonly nodesStopped: number;
  /** Per cluster, about once a second; `atMs` since the begin, `players`: connections of bees. */
  readonly series: Readonly<Record<string, readonly Sample[]>>;
}

interface Sample {
  readonly atMs: number;
  readonly nodes: number;
  readonly players: number;
}

type WatchedGroup = Pick<Group, 'describe' | 'launched' | 'terminations'>;

const SAMPLE_MS = 1_000;

/** A row of the summary for people every so many samples. */
const ROWS = 18;

/** Takes a sample each second until it is stopped. */
export class ScalingRecord {
  readonly #groups: ReadonlyMap<string, WatchedGroup>;
  readonly #launchedBefore: number;
  readonly #startedAtMs = performance.now();
  readonly #series: ReadonlyMap<string, Sample[]>;
  readonly #broken: Broken[] = [];
  readonly #sampling: NodeJS.Timeout;
  #players: Readonly<Record<string, number>> = {};

  constructor(groups: ReadonlyMap<string, WatchedGroup>) {
    this.#groups = groups;
    this.#launchedBefore = this.#launched();
    this.#series = new Map([...groups.keys()].map((cluster) => [cluster, []]));
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#sample();
  }

  /** Open connections of bees, by cluster. */
  players(connections: Readonly<Record<string, number>>): void {
    this.#players = connections;
  }

  /** A player lost a place. */
  broken(broken: Broken): void {
    this.#broken.push(broken);
  }

  stop(): void {
    clearInterval(this.#sampling);
  }

  summary(): ScalingSummary {
    this.#sample();
    const terminated = new Map([...this.#groups.values()].flatMap(({ terminations }) => [...terminations]));
    const cutOff = this.#broken.filter(({ nodeId, fromMs, untilMs }) => {
      const atMs = terminated.get(nodeId);
      return atMs !== undefined && fromMs <= atMs && atMs <= untilMs;
    });
    return {
      cutOffByScaling: new Set(cutOff.map(({ playerId }) => playerId)).size,
      nodesStarted: this.#launched() - this.#launchedBefore,
      nodesStopped: terminated.size,
      series: Object.fromEntries(this.#series),
    };
  }

  #launched(): number {
    return [...this.#groups.values()].reduce((sum, { launched }) => sum + launched, 0);
  }

  #sample(): void {
    const atMs = Math.round(performance.now() - this.#startedAtMs);
    for (const [cluster, group] of this.#groups) {
      const nodes = group.describe().filter(({ state }) => state !== 'terminating').length;
      this.#series.get(cluster)?.push({ atMs, nodes, players: this.#players[cluster] ?? 0 });
    }
  }
}

/** For people: the course in rows, then the figures. */
export function describeScaling({ cutOffByScaling, nodesStarted, nodesStopped, series }: ScalingSummary): string[] {
  const clusters = Object.entries(series);
  const samples = clusters[0]?.[1] ?? [];
  const every = Math.max(1, Math.ceil(samples.length / ROWS));
  const rows = samples.flatMap(({ atMs }, i) => {
    if (i % every !== 0 && i !== samples.length - 1) return [];
    const cells = clusters.map(([, course]) => {
      const { nodes = 0, players = 0 } = course[i] ?? {};
      return `${String(nodes).padStart(9)} ${String(players).padStart(8)}`;
    });
    return [`${String(Math.round(atMs / 1_000)).padStart(6)} ${cells.join('  ')}`];
  });
  return [
    `       ${clusters.map(([cluster]) => cluster.padStart(18)).join('  ')}`,
    `second ${clusters.map(() => '    nodes  players').join('  ')}`,
    ...rows,
    `Scaling: ${nodesStarted} nodes started, ${nodesStopped} stopped; ${cutOffByScaling} players cut off by it`,
  ];
}
