import { STEPS, type Step } from './bee';
import { Durations } from './histogram';
import type { NodePeak } from './nodes';
import type { RunResult } from './result';

/** What a run came to; `--json` writes it as it is. Times in milliseconds. */
export interface Summary {
  /** Players asked for; fill-ins are counted apart. */
  readonly players: number;
  /** Games that players finished; with `--loop` a player may finish many. */
  readonly finished: number;
  readonly failed: number;
  /** Failures by reason: codes from the error down to its causes, and the stage. */
  readonly failures: Readonly<Record<string, number>>;
  /** Extra players that filled the last rooms, and finished. */
  readonly fillIns: number;
  /** Rooms in which somebody finished. */
  readonly rooms: number;
  /** Those rooms by number of members. */
  readonly roomSizes: Readonly<Record<string, number>>;
  /** Rooms whose members were sent to different nodes (in one generation of the room). */
  readonly splitRooms: number;
  /** Most players connected at one instant. */
  readonly peakConcurrent: number;
  /** Per node the most connections of bees at one instant. */
  readonly nodes: readonly NodePeak[];
  /** At the end of the second in which most were connected, per cluster: connections of the largest node, and the mean of all. */
  readonly atPeak: Readonly<Record<string, { readonly largest: number; readonly mean: number }>>;
  /** `lobby` counts from the moment in which the player was to arrive. */
  readonly steps: Readonly<Record<Step, { readonly p50Ms: number; readonly p99Ms: number }>>;
  /** From the moment in which a position was due until its sender had it back in a STATE; the wait for the tick included. */
  readonly relay: { readonly count: number; readonly p50Ms: number; readonly p90Ms: number; readonly p99Ms: number };
  /** Connections opened anew after a loss or a move. */
  readonly reconnects: number;
  /** Changes of node because the node asked for it. */
  readonly moves: number;
  /** Positions sent, and states received. */
  readonly messages: { readonly sent: number; readonly received: number };
  readonly seconds: number;
}

/** The figures of a result. */
export function summarise(result: RunResult): Summary {
  const { sent, received, slices, version: _, startedAtMs: __, ...rest } = result;
  const step = (name: Step): { p50Ms: number; p99Ms: number } => {
    const times = Durations.decode(result.steps[name]);
    return { p50Ms: times.percentile(50), p99Ms: times.percentile(99) };
  };
  const relay = Durations.decode(result.relay);
  return {
    ...rest,
    atPeak: atPeak(result),
    steps: {
      lobby: step('lobby'),
      match: step('match'),
      start: step('start'),
      join: step('join'),
      finish: step('finish'),
    },
    relay: {
      count: relay.count,
      p50Ms: relay.percentile(50),
      p90Ms: relay.percentile(90),
      p99Ms: relay.percentile(99),
    },
    messages: { sent, received },
  };
}

function atPeak({ slices, nodes }: RunResult): Summary['atPeak'] {
  const [first, ...rest] = slices;
  if (first === undefined) return {};
  const fullest = rest.reduce((most, slice) => (slice.connected > most.connected ? slice : most), first);
  const clusters = [...new Set(nodes.map(({ cluster }) => cluster))];
  return Object.fromEntries(
    clusters.map((cluster) => {
      const open = nodes.filter((node) => node.cluster === cluster).map(({ id }) => fullest.nodes[id] ?? 0);
      const mean = open.reduce((sum, connections) => sum + connections, 0) / open.length;
      return [cluster, { largest: Math.max(...open), mean: Math.round(mean * 10) / 10 }];
    }),
  );
}

/** A summary for people. */
export function describeSummary(summary: Summary): string {
  const { players, finished, failed, fillIns, rooms, roomSizes, splitRooms, peakConcurrent } = summary;
  const sizes = Object.entries(roomSizes).map(([size, count]) =>
    count === rooms ? `of ${size}` : `${count} of ${size}`,
  );
  return [
    `${players} players: ${finished} finished, ${failed} failed, in ${summary.seconds.toFixed(1)} s; at most ${peakConcurrent} connected at once`,
    ...Object.entries(summary.failures).map(([reason, count]) => `  failed ${count} × ${reason}`),
    ...(fillIns > 0 ? [`${fillIns} extra players filled the last rooms`] : []),
    `${rooms} rooms${sizes.length > 0 ? ` (${sizes.join(', ')})` : ''}, ${splitRooms} split over nodes`,
    `${summary.messages.sent} positions sent, ${summary.messages.received} states received; ${summary.reconnects} reconnections, ${summary.moves} moves`,
    'step          p50        p99',
    ...STEPS.map((step) => `${step.padEnd(8)} ${ms(summary.steps[step].p50Ms)} ${ms(summary.steps[step].p99Ms)}`),
    `relay    ${ms(summary.relay.p50Ms)} ${ms(summary.relay.p99Ms)}   (a position, from when it was due until it is back)`,
    ...['lobby', 'game'].flatMap((cluster) => describeNodes(cluster, summary.nodes)),
  ].join('\n');
}

function describeNodes(cluster: string, nodes: readonly NodePeak[]): string[] {
  const peaks = nodes.filter((node) => node.cluster === cluster);
  if (peaks.length === 0) return [];
  const mean = peaks.reduce((sum, { peak }) => sum + peak, 0) / peaks.length;
  const largest = Math.max(...peaks.map(({ peak }) => peak));
  const listed = peaks.slice(0, 10).map(({ id, peak }) => `${id} ${peak}`);
  const more = peaks.length > listed.length ? `, and ${peaks.length - listed.length} more` : '';
  return [
    `${cluster} nodes: ${peaks.length}; peak of connections: mean ${mean.toFixed(1)}, largest ${largest} (${listed.join(', ')}${more})`,
  ];
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`.padStart(10);
}
