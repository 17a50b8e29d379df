import { headlineOf, type Level, type NotedEvent } from './kinds';

/** Events of one headline and cluster, summed up. */
export interface Group {
  readonly title: string;
  readonly level: Level;
  readonly cluster: string | null;
  /** All of them, those included that are not among the samples. */
  readonly count: number;
  /** The last ones, oldest first, at most `SAMPLES`. */
  readonly samples: readonly NotedEvent[];
}

/** What has happened, in the order of first events. Its size is bounded by headlines and clusters, however much happens. */
export type Digest = readonly Group[];

const SAMPLES = 4;
const LEVELS: readonly Level[] = ['critical', 'warning', 'info', 'good'];
const LESS: Readonly<Record<Level, Level>> = { critical: 'warning', warning: 'info', info: 'good', good: 'good' };

/** With one more event; the same digest when it is not worth a message. */
export function withEvent(digest: Digest, event: NotedEvent): Digest {
  const headline = headlineOf(event);
  if (headline === null) return digest;
  return merge(digest, [{ ...headline, cluster: event.cluster ?? null, count: 1, samples: [event] }]);
}

/** Both, the first being the earlier. */
export function merge(earlier: Digest, later: Digest): Digest {
  const groups = new Map(earlier.map((group) => [keyOf(group), group]));
  for (const group of later) {
    const before = groups.get(keyOf(group));
    const samples = [...(before?.samples ?? []), ...group.samples].slice(-SAMPLES);
    groups.set(keyOf(group), { ...group, count: group.count + (before?.count ?? 0), samples });
  }
  return [...groups.values()];
}

/** Events in it. */
export function total(digest: Digest): number {
  return digest.reduce((sum, { count }) => sum + count, 0);
}

/** The weightiest first, else as they came. */
export function byWeight(digest: Digest): Digest {
  return [...digest].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** `good` when it is empty. */
export function worstLevel(digest: Digest): Level {
  return byWeight(digest)[0]?.level ?? 'good';
}

/** What comes again and again weighs less than what is new: one level less for groups that are `known`. */
export function urgency(digest: Digest, known: (key: string) => boolean): Level {
  const weighed = digest.map((group) => (known(keyOf(group)) ? { ...group, level: LESS[group.level] } : group));
  return worstLevel(weighed);
}

/** One for each headline and cluster. */
export function keyOf({ title, cluster }: Pick<Group, 'title' | 'cluster'>): string {
  return JSON.stringify([title, cluster]);
}
