import { type Maintenance, said, type Word } from '../../core/orders/standing';
import type { ClusterSnapshot, NodeSnapshot } from '../../core/snapshot';
import { header, moment, plain, type SlackMessage, section } from './blocks';
import { type Digest, total } from './digest';
import { footer, type Sender, sums } from './events-message';

/** How everything is, and what has happened since the last report. */
export interface FleetReport {
  /** Begin of the time that is reported on, and now: Unix time in milliseconds. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly clusters: readonly ReportedCluster[];
  /** The last word about it; null: there never was any. */
  readonly maintenance: Maintenance | null;
  readonly happened: Digest;
}

export interface ReportedCluster {
  readonly snapshot: Pick<ClusterSnapshot, 'cluster' | 'massFailure' | 'nodes'>;
  /** Who owns it; null: nobody that we know of. */
  readonly owner: string | null;
  /** The last decision about its size, or the last reason for none; null: none yet. */
  readonly decision: string | null;
  /** Who paused its autoscaler; null: it works. */
  readonly paused: Word | null;
}

/** A moment that may be days ago. */
const WHEN = '{date_short_pretty} {time}';

/** The state report: a section for each cluster, then what has happened. */
export function reportMessage(report: FleetReport, sender: Sender): SlackMessage {
  const { clusters, maintenance, happened, sinceMs } = report;
  const players = clusters.reduce((sum, { snapshot }) => sum + sessions(snapshot.nodes), 0);
  const title = `${sender.stack}: ${count(players, 'player')} in ${count(clusters.length, 'cluster')}`;
  const since = moment(sinceMs, WHEN);
  const events = total(happened) === 0 ? 'nothing of note' : sums(happened);
  return {
    text: title,
    blocks: [
      header(`:bar_chart: ${title}`),
      ...(maintenance?.on === true ? [section([maintenanceLine(maintenance)])] : []),
      ...clusters.map((cluster) => section(clusterLines(cluster))),
      section([`*Since* ${since}: ${events}`]),
      footer(sender),
    ],
  };
}

function maintenanceLine({ atMs, untilMs, ...word }: Maintenance): string {
  const until = untilMs === null ? '' : `, expected to end ${moment(untilMs, WHEN)}`;
  return `:construction: *Maintenance*: nobody new is let in since ${moment(atMs, WHEN)}${until}: ${plain(said({ atMs, ...word }))}`;
}

function clusterLines({ snapshot, owner, decision, paused }: ReportedCluster): string[] {
  const { cluster, nodes, massFailure } = snapshot;
  const joinable = nodes.filter((node) => node.health === 'green' && node.phase === 'open');
  const capacity = joinable.reduce((sum, node) => sum + node.capacity, 0);
  const used = capacity === 0 ? '' : ` (${Math.round((100 * sessions(joinable)) / capacity)} %)`;
  return [
    `*${plain(cluster)}* · ${owner === null ? ':warning: owned by nobody' : `owned by ${plain(owner)}`}`,
    `Players: ${sessions(nodes)}, room for ${capacity}${used}`,
    `Nodes: ${nodes.length}${nodes.length === 0 ? '' : ` · ${states(nodes)}`}`,
    ...(massFailure ? [':rotating_light: Most nodes are silent: none is evicted for silence'] : []),
    ...(paused === null
      ? []
      : [`:warning: Autoscaler paused since ${moment(paused.atMs, WHEN)}: ${plain(said(paused))}`]),
    ...(decision === null ? [] : [`Autoscaler: ${plain(decision)}`]),
  ];
}

/** `5 green, 1 draining` */
function states(nodes: readonly NodeSnapshot[]): string {
  const counts = new Map<string, number>();
  for (const { health, phase } of nodes) {
    const state = health === 'green' && phase !== 'open' ? phase : health;
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return [...counts].map(([state, number]) => `${number} ${state}`).join(', ');
}

function sessions(nodes: readonly NodeSnapshot[]): number {
  return nodes.reduce((sum, node) => sum + node.sessions, 0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
