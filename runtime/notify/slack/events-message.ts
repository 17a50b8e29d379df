import { context, header, link, type MessageBlock, moment, plain, type SlackMessage, section } from './blocks';
import { byWeight, type Digest, type Group, total, worstLevel } from './digest';
import { isOrder, type Level, type NotedEvent } from './kinds';

/** Where a message comes from. */
export interface Sender {
  /** Name of the environment, e.g. `prod-realtime`. */
  readonly stack: string;
  readonly balancerId: string;
  /** Address of the live page; null: no link. */
  readonly pageUrl: string | null;
}

const ICONS: Readonly<Record<Level, string>> = {
  critical: ':rotating_light:',
  warning: ':warning:',
  info: ':information_source:',
  good: ':white_check_mark:',
};

/** Groups that are told with their reasons; of the others the numbers only. */
const MOST_GROUPS = 8;

/** What has happened, the weightiest first. */
export function eventsMessage(digest: Digest, sender: Sender): SlackMessage {
  const groups = byWeight(digest);
  const shown = groups.slice(0, MOST_GROUPS);
  const title = titleOf(groups);
  const blocks: MessageBlock[] = [
    header(`${ICONS[worstLevel(groups)]} ${title}`),
    ...shown.map((group) => section(groupLines(group, groups.length > 1))),
  ];
  const rest = groups.slice(MOST_GROUPS);
  if (rest.length > 0) blocks.push(section([`and ${sums(rest)}`]));
  return { text: `${sender.stack}: ${title}`, blocks: [...blocks, footer(sender)] };
}

/** `3 × Node dead (game), Scale-out (lobby)` */
export function sums(digest: Digest): string {
  return digest
    .map(({ title, cluster, count }) => {
      const where = cluster === null ? '' : ` (${plain(cluster)})`;
      return `${count === 1 ? '' : `${count} × `}${plain(title)}${where}`;
    })
    .join(', ');
}

/** Who says it, and where there is more to see. */
export function footer({ stack, balancerId, pageUrl }: Sender): MessageBlock {
  const page = pageUrl === null ? [] : [link(pageUrl, 'Open the live page')];
  return context([plain(stack), `told by ${plain(balancerId)}`, ...page]);
}

function titleOf(groups: Digest): string {
  const [first] = groups;
  if (first === undefined) return 'Nothing has happened';
  const cluster = first.cluster === null ? '' : `${first.cluster}: `;
  const times = first.count === 1 ? '' : `${first.count} × `;
  const others = total(groups) - first.count;
  return `${cluster}${times}${first.title}${others === 0 ? '' : ` and ${others} more`}`;
}

function groupLines({ title, level, cluster, count, samples }: Group, several: boolean): string[] {
  const where = cluster === null ? '' : ` · ${plain(cluster)}`;
  const heading = several ? [`${ICONS[level]} *${plain(title)}*${where}${count === 1 ? '' : ` · ${count} times`}`] : [];
  const left = count - samples.length;
  return [...heading, ...(left === 0 ? [] : [`${left} earlier ones, and then:`]), ...samples.map(eventLine)];
}

function eventLine(event: NotedEvent): string {
  const { kind, atMs, nodeId, reason, balancerId } = event;
  const subject = nodeId === undefined || reason.includes(nodeId) ? '' : `${plain(nodeId)}: `;
  const line = `${moment(atMs)} ${subject}${plain(reason)}`;
  if (isOrder(kind)) return `${line}${orderFacts(event)}`;
  // What is neither of a node nor of a whole cluster is of this balancer.
  const ofBalancer = nodeId === undefined && !kind.startsWith('scaling-') && balancerId !== undefined;
  return ofBalancer ? `${line} (${plain(balancerId)})` : line;
}

/** Who ordered it, and what exactly: ` (alice; size 5, nodes 3)` */
function orderFacts({ by, details = {} }: NotedEvent): string {
  const facts = Object.entries(details).map(([name, value]) => `${name} ${String(value)}`);
  const parts = [...(by === undefined ? [] : [by]), ...(facts.length === 0 ? [] : [facts.join(', ')])];
  return parts.length === 0 ? '' : ` (${plain(parts.join('; '))})`;
}
