import { machineOf } from './door';
import { type History, type Of, only } from './history';

/** How long a broken connection may already have been noticed by the node when the player notices, in milliseconds: its pings. */
const PINGS_MS = 10_000;

interface Period {
  readonly cluster: string | undefined;
  readonly fromT: number;
  untilT: number;
}

/**
 * An answer that takes longer from the node to the balancer may be too late for it, in milliseconds: it waits 800 ms, and the question was
 * as long on its way.
 */
const IN_TIME_MS = 400;

/** Something that must not be. */
export interface Violation {
  /** `S1` to `S8`, or `players`. */
  readonly rule: string;
  /** When, as in the history. */
  readonly t: number;
  readonly what: string;
}

/** One player's right to be on a node: from the ticket on. */
export interface Place {
  readonly playerId: string;
  readonly nodeId: string;
  readonly fromT: number;
  untilT: number;
}

/** What follows from a history without judging it; every question is about a time of it. */
export class Facts {
  readonly history: History;
  readonly config: Of<'begin'>;
  readonly places: readonly Place[];
  /** By node. */
  readonly #stats = new Map<string, Of<'stats'>[]>();
  readonly #started = new Map<string, Of<'process'>>();
  readonly #demanded = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  readonly #sealed = new Map<string, number>();
  readonly #faults: readonly { readonly fault: Of<'fault'>; readonly untilT: number }[];
  readonly #lags: readonly Of<'lag'>[];
  readonly #outages: readonly Period[];
  readonly #massFailures: readonly Period[];

  /** @throws when the history does not begin with `begin`. */
  constructor(history: History) {
    const [first] = history;
    if (first?.kind !== 'begin') throw new Error('a history begins with "begin"');
    this.history = history;
    this.config = first;
    for (const entry of history) {
      if (entry.kind === 'stats') this.#heard(entry);
      if (entry.kind === 'obeyed' && entry.order === 'seal') earliest(this.#sealed, entry.nodeId, entry.t);
      if (entry.kind !== 'process') continue;
      if (entry.what === 'started') this.#started.set(entry.nodeId, entry);
      else if (entry.what === 'ended') earliest(this.#ended, entry.nodeId, entry.t);
      else earliest(this.#demanded, entry.nodeId, entry.t);
    }
    this.places = placesIn(history, first.graceMs);
    const healed = new Map(only(history, 'healed').map(({ id, t }) => [id, t]));
    this.#faults = only(history, 'fault').map((fault) => ({
      fault,
      untilT: healed.get(fault.id) ?? Number.POSITIVE_INFINITY,
    }));
    this.#lags = only(history, 'lag');
    this.#outages = periods(history, 'registry-given-up', 'registry-relied-on');
    this.#massFailures = periods(history, 'mass-failure-began', 'mass-failure-ended');
  }

  /** When a balancer last had an answer of this node; -Infinity: never. @param by this balancer. @default any */
  lastHeard(nodeId: string, t: number, by?: string): number {
    const of = this.#stats.get(nodeId) ?? [];
    for (let i = before(of, t) - 1; i >= 0; i--) {
      const stats = of[i];
      if (stats !== undefined && (by === undefined || stats.by === by)) return stats.t;
    }
    return Number.NEGATIVE_INFINITY;
  }

  /** The longest time between two answers in time, from one time to another, in milliseconds: silence, as balancers count it. */
  longestSilence(nodeId: string, fromT: number, toT: number): number {
    let lastT = fromT;
    let longestMs = 0;
    for (const { t, tookMs } of this.#stats.get(nodeId) ?? []) {
      if (t > toT) break;
      if (tookMs > IN_TIME_MS) continue;
      if (t > fromT) longestMs = Math.max(longestMs, t - lastT);
      lastT = t;
    }
    return Math.max(longestMs, toT - lastT);
  }

  /** What the node said last before this time. */
  lastStats(nodeId: string, t: number): Of<'stats'> | undefined {
    const of = this.#stats.get(nodeId) ?? [];
    return of[before(of, t) - 1];
  }

  clusterOf(nodeId: string): string | undefined {
    return this.#started.get(nodeId)?.group;
  }

  startedT(nodeId: string): number {
    return this.#started.get(nodeId)?.t ?? Number.NEGATIVE_INFINITY;
  }

  /** When it was known to be sealed; Infinity: never. */
  sealedT(nodeId: string): number {
    return this.#sealed.get(nodeId) ?? Number.POSITIVE_INFINITY;
  }

  /** When its end was demanded, or it came by itself; Infinity: never. */
  goneT(nodeId: string): number {
    const never = Number.POSITIVE_INFINITY;
    return Math.min(this.#demanded.get(nodeId) ?? never, this.#ended.get(nodeId) ?? never);
  }

  /** The nodes of a cluster that run, and are not about to end. */
  running(cluster: string, t: number): string[] {
    return [...this.#started.values()]
      .filter(({ group, nodeId }) => group === cluster && this.startedT(nodeId) <= t && this.goneT(nodeId) > t)
      .map(({ nodeId }) => nodeId);
  }

  /** Nodes of the cluster that once answered and have not for so long. @param by towards this balancer. @default towards both */
  silent(cluster: string, t: number, forMs: number, by?: string): { silent: string[]; known: string[] } {
    const known = this.running(cluster, t).filter((nodeId) => this.lastHeard(nodeId, t) > Number.NEGATIVE_INFINITY);
    return { known, silent: known.filter((nodeId) => t - this.lastHeard(nodeId, t, by) >= forMs) };
  }

  /** Whether some balancer took it for a mass failure (S8), as it told: it may see less than we do. */
  inMassFailure(cluster: string, fromT: number, toT: number): boolean {
    return this.#massFailures.some((each) => each.cluster === cluster && each.fromT <= toT && each.untilT >= fromT);
  }

  /** Whether some balancer went by its own memory, as Redis did not answer it. */
  isFromMemory(fromT: number, toT: number): boolean {
    return this.#outages.some((outage) => outage.fromT <= toT && outage.untilT >= fromT);
  }

  /** Faults that were there at some time between the two, or ended shortly before. */
  faults(fromT: number, toT: number): Of<'fault'>[] {
    return this.#faults.filter(({ fault, untilT }) => fault.t <= toT && untilT >= fromT).map(({ fault }) => fault);
  }

  /** When the last fault of a balancer, or of its ways, ended; now, while one is there; -Infinity: there was none. */
  balancersBack(t: number): number {
    const ends = this.#faults
      .filter(({ fault }) => fault.t <= t && fault.touches.some((part) => machineOf(`${part}-`) !== null))
      .map(({ untilT }) => Math.min(untilT, t));
    return Math.max(Number.NEGATIVE_INFINITY, ...ends);
  }

  /** How long the observer was held up between the two, in milliseconds: it may have seen things that much late. */
  lag(fromT: number, toT: number): number {
    return this.#lags.filter(({ t, ms }) => t >= fromT && t - ms <= toT).reduce((sum, { ms }) => sum + ms, 0);
  }

  #heard(entry: Of<'stats'>): void {
    const of = this.#stats.get(entry.nodeId) ?? [];
    of.push(entry);
    this.#stats.set(entry.nodeId, of);
    if (entry.phase === 'sealed') earliest(this.#sealed, entry.nodeId, entry.t);
  }
}

/**
 * What players were promised: from the ticket until it expires or is used, then from the connection until the player leaves, or the
 * grace time after a loss is over.
 */
function placesIn(history: History, graceMs: number): Place[] {
  const places: Place[] = [];
  const tickets = new Map<string, Place>();
  const sessions = new Map<string, Place>();
  for (const entry of history) {
    if (entry.kind !== 'assigned' && entry.kind !== 'opened' && entry.kind !== 'closed') continue;
    const { t, playerId, nodeId } = entry;
    const key = `${playerId} ${nodeId}`;
    if (entry.kind === 'assigned') {
      const place = { playerId, nodeId, fromT: t, untilT: entry.untilT };
      tickets.set(key, place);
      places.push(place);
    } else if (entry.kind === 'opened') {
      const ticket = tickets.get(key);
      if (ticket !== undefined) ticket.untilT = Math.min(ticket.untilT, t);
      tickets.delete(key);
      const before = sessions.get(key);
      if (before !== undefined) before.untilT = Math.min(before.untilT, t);
      const place = { playerId, nodeId, fromT: t, untilT: Number.POSITIVE_INFINITY };
      sessions.set(key, place);
      places.push(place);
    } else {
      const place = sessions.get(key);
      if (place === undefined) continue;
      const ended = entry.wanted || entry.reason === 'io server disconnect';
      const late = entry.reason === 'ping timeout' ? PINGS_MS : 0;
      place.untilT = ended ? t : t + Math.max(0, graceMs - late);
      if (ended) sessions.delete(key);
    }
  }
  return places;
}

/** How many of these (in the order of time) are not after `t`. */
function before(entries: readonly { readonly t: number }[], t: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.t ?? Number.POSITIVE_INFINITY) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

function earliest(times: Map<string, number>, key: string, t: number): void {
  if (!times.has(key)) times.set(key, t);
}

/** From when until when something was so for a balancer, as it told; its death ends it, too. */
function periods(history: History, began: string, ended: string): Period[] {
  const all: Period[] = [];
  const open = new Map<string, Period>();
  for (const entry of only(history, 'event', 'process')) {
    const { t, what } = entry;
    const of = entry.kind === 'process' ? entry.nodeId : `${entry.by} ${entry.cluster ?? ''}`;
    for (const [key, period] of open) {
      if (key !== of && !(what === 'ended' && key.startsWith(`${of} `))) continue;
      if (what !== ended && what !== 'ended') continue;
      period.untilT = t;
      open.delete(key);
    }
    if (entry.kind !== 'event' || what !== began || open.has(of)) continue;
    const period = { cluster: entry.cluster, fromT: t, untilT: Number.POSITIVE_INFINITY };
    open.set(of, period);
    all.push(period);
  }
  return all;
}
