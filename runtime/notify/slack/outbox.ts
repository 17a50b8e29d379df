import { type Digest, keyOf, merge, urgency, withEvent } from './digest';
import type { Level, NotedEvent } from './kinds';

/** What waits to be told, what was sent lately, and when to try again. All times in milliseconds of a clock that only goes forward. */
export interface Outbox {
  readonly waiting: Digest;
  /** When the first of what waits came; null when nothing does. */
  readonly sinceMs: number | null;
  readonly reportDue: boolean;
  /** When each message of the last `windowMs` was sent; the one under way counts as sent at the latest moment that it can arrive. */
  readonly sentMs: readonly number[];
  readonly sending: Message | null;
  /** When each group was told last, by its key; those of the last `windowMs`. */
  readonly toldMs: ReadonlyMap<string, number>;
  /** Failures in a row. */
  readonly failures: number;
  /** Not tried again before. */
  readonly notBeforeMs: number;
}

export type Message =
  | { readonly kind: 'events'; readonly digest: Digest; readonly sinceMs: number }
  | { readonly kind: 'report' };

/**
 * delivered: Slack has it. refused: certainly not. unclear: no answer came, so that it may have been shown; it is sent again, and
 * both count.
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused' | 'unclear'; readonly retryAfterMs: number | null };

export interface OutboxConfig {
  /** Messages within any `windowMs`. */
  readonly limit: number;
  readonly windowMs: number;
  /** The longest that one attempt takes, in milliseconds. */
  readonly timeoutMs: number;
  /** Events that come together are one message: the first waits so long for others, in milliseconds. */
  readonly gatherMs: number;
}

export const EMPTY_OUTBOX: Outbox = {
  waiting: [],
  sinceMs: null,
  reportDue: false,
  sentMs: [],
  sending: null,
  toldMs: new Map(),
  failures: 0,
  notBeforeMs: Number.NEGATIVE_INFINITY,
};

/** So many times as long when half of the messages are used up and nothing is critical. */
const SPARING = 10;
/** So many messages are left to what weighs more. */
const LEFT_BY: Readonly<Record<Level, number>> = { critical: 0, warning: 1, info: 2, good: 2 };
/** A report, which can wait, leaves more than this share to events. */
const LEFT_BY_REPORTS = 0.6;
const BACKOFF_MS = 1_000;
const MOST_BACKOFF_MS = 60_000;

/** Something happened; what is not worth a message changes nothing. */
export function noted(outbox: Outbox, event: NotedEvent, nowMs: number): Outbox {
  const waiting = withEvent(outbox.waiting, event);
  return waiting === outbox.waiting ? outbox : { ...outbox, waiting, sinceMs: outbox.sinceMs ?? nowMs };
}

/**
 * What is to be sent now; `message` is null when nothing is. Then `wakeMs` says when to ask again if nothing happens before; null:
 * not at all.
 */
export function next(
  outbox: Outbox,
  nowMs: number,
  config: OutboxConfig,
): { outbox: Outbox; message: Message | null; wakeMs: number | null } {
  const recent = (atMs: number) => nowMs - atMs < config.windowMs;
  const toldMs = new Map([...outbox.toldMs].filter(([, atMs]) => recent(atMs)));
  const current = { ...outbox, sentMs: outbox.sentMs.filter(recent), toldMs };
  const plan = planned(current, config);
  if (outbox.sending !== null || plan === null) return { outbox: current, message: null, wakeMs: null };
  const wakeMs = Math.max(plan.atMs, outbox.notBeforeMs);
  if (wakeMs > nowMs) return { outbox: current, message: null, wakeMs };
  return { outbox: started(current, plan.message, nowMs + config.timeoutMs), message: plan.message, wakeMs: null };
}

/** What is left is sent at once, if a message is left and Slack is not in trouble: the program ends. */
export function last(outbox: Outbox, nowMs: number, config: OutboxConfig): { outbox: Outbox; message: Message | null } {
  const early = { ...outbox, reportDue: false, sinceMs: outbox.sinceMs === null ? null : Number.NEGATIVE_INFINITY };
  const { outbox: after, message } = next(early, nowMs, config);
  return { outbox: after, message };
}

/** How the message under way went. What was not delivered waits again, together with what came meanwhile. */
export function settled(outbox: Outbox, outcome: Outcome, nowMs: number): Outbox {
  const { sending, sentMs, waiting, sinceMs, failures } = outbox;
  if (sending === null) return outbox;
  const before = sentMs.slice(0, -1);
  if (outcome.kind === 'delivered') {
    const told = sending.kind === 'report' ? [] : sending.digest.map((group) => [keyOf(group), nowMs] as const);
    const toldMs = new Map([...outbox.toldMs, ...told]);
    return { ...outbox, sending: null, failures: 0, toldMs, sentMs: [...before, nowMs] };
  }
  const again =
    sending.kind === 'report'
      ? { reportDue: true }
      : { waiting: merge(sending.digest, waiting), sinceMs: Math.min(sending.sinceMs, sinceMs ?? nowMs) };
  const pauseMs = outcome.retryAfterMs ?? Math.min(BACKOFF_MS * 2 ** Math.min(failures, 10), MOST_BACKOFF_MS);
  return {
    ...outbox,
    ...again,
    sending: null,
    sentMs: outcome.kind === 'refused' ? before : [...before, nowMs],
    failures: failures + 1,
    notBeforeMs: nowMs + pauseMs,
  };
}

/** What would be sent next, and when at the earliest. */
function planned(outbox: Outbox, config: OutboxConfig): { message: Message; atMs: number } | null {
  const { waiting, sinceMs, sentMs } = outbox;
  if (sinceMs !== null) {
    const level = urgency(waiting, (key) => outbox.toldMs.has(key));
    const sparing = level !== 'critical' && sentMs.length > config.limit / 2;
    const gatheredMs = sinceMs + config.gatherMs * (sparing ? SPARING : 1);
    const freeMs = freeAtMs(sentMs, 1 + LEFT_BY[level], config);
    return { message: { kind: 'events', digest: waiting, sinceMs }, atMs: Math.max(gatheredMs, freeMs) };
  }
  if (!outbox.reportDue) return null;
  return {
    message: { kind: 'report' },
    atMs: freeAtMs(sentMs, Math.floor(config.limit * LEFT_BY_REPORTS) + 1, config),
  };
}

/** When so many messages can be sent again; at once: minus infinity. */
function freeAtMs(sentMs: readonly number[], places: number, { limit, windowMs }: OutboxConfig): number {
  const mustEnd = sentMs.length + Math.min(places, limit) - limit;
  if (mustEnd <= 0) return Number.NEGATIVE_INFINITY;
  return (sentMs.toSorted((a, b) => a - b)[mustEnd - 1] ?? Number.NEGATIVE_INFINITY) + windowMs;
}

function started(outbox: Outbox, message: Message, arrivesMs: number): Outbox {
  const sent = { ...outbox, sending: message, sentMs: [...outbox.sentMs, arrivesMs] };
  return message.kind === 'report' ? { ...sent, reportDue: false } : { ...sent, waiting: [], sinceMs: null };
}
