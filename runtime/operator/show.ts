import Table from 'cli-table3';
import { type ClusterOrders, said } from '../core/orders/standing';
import type { ClusterReply, EventReply, NodeReply, RoomReply, StatusReply } from './replies';

/** Columns without lines, so that they can be read by people and by `awk`. */
const PLAIN = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((part) => [part, `${part}-mid`, `${part}-left`, `${part}-right`])
    .map((part) => [part, '']),
);

function table(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const lines = new Table({
    head: [...head],
    chars: { ...PLAIN, 'left-mid': '', 'mid-mid': '', 'right-mid': '', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) lines.push(row.map((cell) => clean(String(cell ?? '-'))));
  return lines.toString().replaceAll(/ +$/gm, '');
}

/** What nodes and players call themselves must not move the cursor. */
function clean(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

export function showStatus({ clusters, maintenance }: StatusReply): string {
  const rows = clusters.map(({ cluster, owner, epoch, totals, orders, massFailure }) => [
    ...[cluster, owner, epoch, `${totals.joinable}/${totals.nodes}`, totals.sessions, totals.pending, totals.capacity],
    massFailure ? 'held: most nodes are silent' : autoscaler(orders),
  ]);
  const head = ['CLUSTER', 'OWNER', 'EPOCH', 'NODES', 'PLAYERS', 'PENDING', 'CAPACITY', 'AUTOSCALER'];
  return [table(head, rows), ...(maintenance === null ? [] : ['', `Maintenance: ${maintained(maintenance)}`])].join(
    '\n',
  );
}

function maintained({ by, why, atMs, untilMs }: NonNullable<StatusReply['maintenance']>): string {
  const until = untilMs === null ? '' : `, expected until ${time(untilMs)}`;
  return clean(`nobody is let in since ${time(atMs)}${until}, by ${by} (${why})`);
}

function autoscaler({ paused, size, roll, nodes }: ClusterOrders): string {
  const drained = Object.values(nodes).filter(({ order }) => order === 'drain').length;
  const doing = [
    paused === null ? '' : `paused by ${said(paused)}`,
    size === null ? '' : `to ${size.size} nodes, by ${said(size)}`,
    roll === null ? '' : `replaces ${roll.nodes.length} nodes, by ${said(roll)}`,
    drained === 0 ? '' : `${drained} drained by hand`,
  ].filter(Boolean);
  return doing.length === 0 ? 'works' : doing.join('; ');
}

export function showNodes(clusters: readonly ClusterReply[]): string {
  const rows = clusters.flatMap(({ cluster, nodes, orders }) =>
    nodes.map((node) => {
      const order = orders.nodes[node.nodeId];
      const wish = order === undefined ? '' : `${order.order} by ${said(order)}`;
      const { nodeId, health, phase, sessions, pending, capacity, loopDelayMs, version, zone } = node;
      return [
        ...[nodeId, cluster, health, phase, sessions, pending, capacity, percent(node)],
        ...[`${Math.round(loopDelayMs)} ms`, version.slice(0, 12), zone, wish],
      ];
    }),
  );
  const head = [
    'NODE',
    'CLUSTER',
    'HEALTH',
    'PHASE',
    'PLAYERS',
    'PENDING',
    'CAPACITY',
    'LOAD',
    'DELAY',
    'VERSION',
    'ZONE',
    'ORDERED',
  ];
  return table(head, rows);
}

function percent({ sessions, pending, capacity }: NodeReply): string {
  return capacity === 0 ? '-' : `${Math.round((100 * (sessions + (pending ?? 0))) / capacity)} %`;
}

/** Widths of the columns of events, which come one by one: id, time, balancer, kind, what it is about. */
const WIDTHS = [15, 8, 17, 18, 15] as const;

export function showEvents(events: readonly EventReply[], withHead: boolean): string {
  const line = (cells: readonly string[]) => clean(cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join('  '));
  const rows = events.map(({ id, atMs, balancerId, kind, cluster, nodeId, by, reason }) => [
    ...[String(id), time(atMs), balancerId, kind, nodeId ?? cluster ?? '-'],
    by === undefined ? reason : `${reason} (by ${by})`,
  ]);
  return [...(withHead ? [['ID', 'TIME', 'BALANCER', 'EVENT', 'ABOUT', 'WHY']] : []), ...rows].map(line).join('\n');
}

export function showRoom({ roomId, mode, status, nodeId, endpoint, members }: RoomReply): string {
  const head = table(['ROOM', 'MODE', 'STATUS', 'NODE', 'ENDPOINT'], [[roomId, mode, status, nodeId, endpoint]]);
  const rows = members.map(({ playerId, finished }) => [playerId, finished ? 'finished' : 'plays']);
  return `${head}\n\n${table(['PLAYER', 'STATE'], rows)}`;
}

/** Local time of day. */
function time(atMs: number): string {
  return new Date(atMs).toTimeString().slice(0, 8);
}
