import type { Logger } from 'pino';
import type { StandingOrders } from '../../core/orders/standing';
import {
  eventsMessage,
  type NotedEvent,
  Notifier,
  POST_TIMEOUT_MS,
  post,
  reportMessage,
  type SentStore,
  seenByBoth,
} from '../../notify/slack';
import type { EventLog, SharedEvents } from '../events';
import type { ClusterView } from '../watch/view';
import { webhookAddress } from './address';
import { HeldEvents } from './held-events';
import { Period } from './period';
import type { SlackVariables } from './variables';

export interface SlackOptions {
  readonly variables: SlackVariables;
  readonly stack: string;
  readonly balancerId: string;
  /** Whether there is another balancer, which has the other half of the messages. */
  readonly paired: boolean;
  readonly store: SentStore;
  /** This balancer's events, and those of both. */
  readonly own: Pick<EventLog, 'onEvent'>;
  readonly shared: Pick<SharedEvents, 'onEvent'>;
  readonly view: Pick<ClusterView, 'clusters' | 'snapshot'>;
  /** The balancer that owns a cluster, as far as we know. */
  readonly ownerOf: (cluster: string) => string | null;
  /** What operators want that lasts. */
  readonly orders: () => StandingOrders;
  readonly log: Logger;
  /** How long an event waits for others that belong to it, in milliseconds. @default 2_000 */
  readonly gatherMs?: number;
}

/** Messages of both balancers within any ten minutes. */
const LIMIT = 10;
/** Ten minutes, and a little for the way that messages take. */
const WINDOW_MS = 601_000;

/** Tells Slack what happens, when an address is set. Resolves at once. @returns how to stop. */
export async function startSlack(options: SlackOptions): Promise<() => Promise<void>> {
  const {
    variables,
    stack,
    balancerId,
    paired,
    store,
    own,
    shared,
    view,
    ownerOf,
    orders,
    log,
    gatherMs = 2_000,
  } = options;
  const address = await webhookAddress(variables, log);
  if (address === null) return async () => undefined;
  const sender = { stack, balancerId, pageUrl: variables.PAGE_URL ?? null };
  const owns = (cluster: string) => ownerOf(cluster) === balancerId;
  const period = new Period(Date.now);
  const notifier = new Notifier({
    // Half each: so the limit holds also while neither can know what the other does.
    config: { limit: paired ? LIMIT / 2 : LIMIT, windowMs: WINDOW_MS, timeoutMs: POST_TIMEOUT_MS, gatherMs },
    store,
    eventsMessage: (digest) => eventsMessage(digest, sender),
    reportMessage: () => {
      const snapshots = view.clusters().map((cluster) => view.snapshot(cluster));
      const seen = snapshots.filter((snapshot) => snapshot !== undefined);
      return reportMessage(period.report(seen, ownerOf, orders()), sender);
    },
    url: address.url,
    post,
    onReported: () => period.forget(),
    onProblem: (problem) => {
      if (problem === null) log.info('Slack takes messages again');
      else log.warn({ problem }, 'Slack has not taken a message; it is tried again');
    },
  });
  const held = new HeldEvents(balancerId, ownerOf, (event) => notifier.note(event));
  const undo = [
    own.onEvent((event) => (seenByBoth(event) ? held.add(event) : notifier.note(event))),
    shared.onEvent(ofPeriod(period, balancerId)),
    reports(variables.SLACK_REPORT_MS, () => {
      period.end();
      const [first] = view.clusters();
      if (first !== undefined && owns(first)) notifier.report();
      else period.forget();
    }),
    () => held.stop(),
    () => address.stop(),
  ];
  return async () => {
    for (const step of undo) step();
    await notifier.stop();
  };
}

/** What both have seen counts once, and what was before our time not at all. */
function ofPeriod(period: Period, balancerId: string): (event: NotedEvent) => void {
  const startedAtMs = Date.now();
  return (event) => {
    if (event.atMs < startedAtMs || (seenByBoth(event) && event.balancerId !== balancerId)) return;
    period.note(event);
  };
}

function reports(everyMs: number, due: () => void): () => void {
  if (everyMs === 0) return () => undefined;
  const timer = setInterval(due, everyMs);
  return () => clearInterval(timer);
}
