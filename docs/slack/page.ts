import { type Digest, total, withEvent } from '../../runtime/notify/slack/digest';
import { eventsMessage } from '../../runtime/notify/slack/events-message';
import { headlineOf, type NotedEvent, seenByBoth, TITLES } from '../../runtime/notify/slack/kinds';
import { EMPTY_OUTBOX, next, noted, type Outbox, settled } from '../../runtime/notify/slack/outbox';
import { reportMessage } from '../../runtime/notify/slack/report-message';
import { markdownOf } from './markdown';
import type { Recording } from './recording';

const PAGE_URL = 'http://127.0.0.1:9090/';
/** Of one of two balancers, as in production. */
const CONFIG = { limit: 5, windowMs: 601_000, timeoutMs: 5_000, gatherMs: 2_000 };
const DELIVERED = { kind: 'delivered' } as const;

const INTRODUCTION = `# What Slack is told

Written by \`npm run docs:slack\` from a real run of the local cluster ([recording.json](slack/recording.json)): more players than it has room for, a node
that hangs, an operator's order, all lobby nodes that hang, a balancer that hangs, a fleet that refuses, a broken record in Redis, and a Redis that does not answer.
Times are shown in the reader's own time zone. How it is set up: [Slack](../README.md#slack) in the README.
`;

/** The whole page. */
export function pageOf(recording: Recording): string {
  const events = told(recording.events);
  const ids = [...new Set(events.map(({ balancerId }) => balancerId ?? ''))].sort();
  return [
    INTRODUCTION,
    '## The state report\n',
    markdownOf(report(recording, events)),
    '## Each type of event\n',
    ...examples(events),
    ...missing(events),
    '## The whole run\n',
    'What each balancer would have sent, five messages at most: what came together is one message, and the rest is summed up.\n',
    ...ids.flatMap((balancerId) => [`### ${balancerId}\n`, ...course(balancerId, events)]),
  ].join('\n');
}

/** What both balancers saw is told once. */
function told(events: readonly NotedEvent[]): NotedEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    const key = JSON.stringify([event.kind, event.cluster, event.nodeId, Math.round(event.atMs / 10_000)]);
    const isNew = !seen.has(key);
    if (seenByBoth(event)) seen.add(key);
    return isNew;
  });
}

function report({ atMs, clusters }: Recording, events: readonly NotedEvent[]) {
  const before = events.filter((event) => event.atMs <= atMs);
  const decision = (cluster: string) =>
    before.findLast((event) => event.cluster === cluster && event.kind.startsWith('scaling-'))?.reason ?? null;
  const owner = (cluster: string) =>
    before.findLast((event) => event.cluster === cluster && event.kind === 'cluster-owned')?.balancerId ?? null;
  const shown = clusters.map((snapshot) => ({
    snapshot,
    owner: owner(snapshot.cluster),
    decision: decision(snapshot.cluster),
    paused: null,
  }));
  const sender = { stack: 'prod-realtime', balancerId: owner(clusters[0]?.cluster ?? '') ?? '', pageUrl: PAGE_URL };
  const happened = before.reduce<Digest>(withEvent, []);
  return reportMessage(
    { sinceMs: before[0]?.atMs ?? atMs, atMs, clusters: shown, maintenance: null, happened },
    sender,
  );
}

/** The first event of each headline. */
function firstOfEach(events: readonly NotedEvent[]): ReadonlyMap<string, NotedEvent> {
  const firsts = new Map<string, NotedEvent>();
  for (const event of events) {
    const title = headlineOf(event)?.title;
    if (title !== undefined && !firsts.has(title)) firsts.set(title, event);
  }
  return firsts;
}

/** What did not happen in the run. */
function missing(events: readonly NotedEvent[]): string[] {
  const shown = firstOfEach(events);
  const titles = TITLES.filter((title) => !shown.has(title));
  return titles.length === 0 ? [] : [`These look the same, but did not happen in this run: ${titles.join('; ')}.\n`];
}

/** Each of them alone. */
function examples(events: readonly NotedEvent[]): string[] {
  return [...firstOfEach(events)].flatMap(([title, event]) => {
    const sender = { stack: 'prod-realtime', balancerId: event.balancerId ?? '', pageUrl: PAGE_URL };
    return [`### ${title}\n`, markdownOf(eventsMessage(withEvent([], event), sender))];
  });
}

/** One balancer's messages, by the very outbox that decides in production. */
function course(balancerId: string, events: readonly NotedEvent[]): string[] {
  const sender = { stack: 'prod-realtime', balancerId, pageUrl: PAGE_URL };
  const messages: string[] = [];
  let outbox: Outbox = EMPTY_OUTBOX;
  const run = (untilMs: number) => {
    for (let nowMs = 0; nowMs <= untilMs; ) {
      const step = next(outbox, nowMs, CONFIG);
      outbox = step.outbox;
      if (step.message === null) {
        if (step.wakeMs === null) return;
        nowMs = step.wakeMs;
        continue;
      }
      if (step.message.kind === 'events') messages.push(markdownOf(eventsMessage(step.message.digest, sender)));
      outbox = settled(outbox, DELIVERED, nowMs);
    }
  };
  const own = events.filter((event) => event.balancerId === balancerId);
  for (const event of own) {
    run(event.atMs);
    outbox = noted(outbox, event, event.atMs);
  }
  run((own.at(-1)?.atMs ?? 0) + CONFIG.windowMs);
  const left = total(outbox.waiting);
  return left === 0 ? messages : [...messages, `${left} events wait for room.\n`];
}
