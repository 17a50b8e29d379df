import type { Course, Figures, Histories } from '../../core/protocol/page';

/** Which history the charts show. */
export type Range = 'minutes' | 'hours';

/** Seconds that a range covers, and between two of its points. */
export const RANGES: Readonly<Record<Range, { spanS: number; stepS: number }>> = {
  minutes: { spanS: 600, stepS: 1 },
  hours: { spanS: 43_200, stepS: 30 },
};

export const EMPTY: Course = { atS: [], connections: [], capacity: [], nodes: [] };

const COLUMNS = ['connections', 'capacity', 'nodes'] as const;

/** The course with the figures of one more moment; what is within the last step replaces it, what is too old goes. */
export function extended(course: Course, range: Range, atMs: number, figures: Figures): Course {
  const { spanS, stepS } = RANGES[range];
  const atS = Math.floor(atMs / 1_000 / stepS) * stepS;
  const last = course.atS.at(-1);
  if (last !== undefined && atS < last) return course;
  const from = course.atS.findIndex((time) => time > atS - spanS);
  const until = last === atS ? course.atS.length - 1 : course.atS.length;
  const kept = (column: readonly number[]) => (from === -1 ? [] : column.slice(from, until));
  const next = (name: (typeof COLUMNS)[number]) => [...kept(course[name]), figures[name]];
  return {
    atS: [...kept(course.atS), atS],
    connections: next('connections'),
    capacity: next('capacity'),
    nodes: next('nodes'),
  };
}

/** What a balancer remembers, after what this page saw before that: one that was started anew remembers nothing. */
export function joined(seen: Course, told: Course): Course {
  const first = told.atS[0] ?? Number.POSITIVE_INFINITY;
  const end = seen.atS.findIndex((time) => time >= first);
  const before = (column: readonly number[]) => column.slice(0, end === -1 ? column.length : end);
  const column = (name: keyof Course) => [...before(seen[name]), ...told[name]];
  return {
    atS: column('atS'),
    connections: column('connections'),
    capacity: column('capacity'),
    nodes: column('nodes'),
  };
}

/** Both courses of each cluster. */
export type Courses = ReadonlyMap<string, Readonly<Record<Range, Course>>>;

export function withHistories(courses: Courses, histories: Histories): Courses {
  const told = Object.entries(histories).map(([name, { minutes, hours }]) => {
    const seen = courses.get(name) ?? { minutes: EMPTY, hours: EMPTY };
    return [name, { minutes: joined(seen.minutes, minutes), hours: joined(seen.hours, hours) }] as const;
  });
  return new Map([...courses, ...told]);
}
