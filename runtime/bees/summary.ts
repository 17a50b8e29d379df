import { STEPS, type Step } from './bee';
import type { NodePeak } from './nodes';

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
  readonly steps: Readonly<Record<Step, { readonly p50Ms: number; readonly p99Ms: number }>>;
  /** Connections opened anew after a loss or a move. */
  readonly reconnects: number;
  /** Changes of node because the node asked for it. */
  readonly moves: number;
  /** Positions sent, and states received. */
  readonly messages: { readonly sent: number; readonly received: number };
  readonly seconds: number;
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
