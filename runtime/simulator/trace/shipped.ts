import { bump, type Curve, daily, together } from './shapes';

/** A trace that ships with the project, before it is written as CSV. */
interface Shipped {
  readonly file: string;
  readonly about: string;
  /** Monday 2024-01-01 is a usual day. */
  readonly start: string;
  readonly days: number;
  /** Players at once by the minute from the start. */
  readonly curve: Curve;
  /** Mean stay, in seconds. */
  readonly stay: number;
}

const DAY = 1_440;
const at = (hour: number, minute = 0): number => hour * 60 + minute;
const REFERENCE = daily(500, 10_000, at(20), 1.3);

/** All of them: the same every time, as they are made of formulas only. */
export const SHIPPED: readonly Shipped[] = [
  {
    file: 'weekday.csv',
    about: 'a usual weekday: a lunch break, a long evening',
    start: '2024-01-02T00:00:00Z',
    days: 1,
    curve: together(daily(400, 5_000, at(20, 30), 2), bump(at(11, 45), 1_200, 30, 40, 50)),
    stay: 600,
  },
  {
    file: 'spike-day.csv',
    about: 'from 500 to 10,000 players, with a five-fold spike within five minutes that nobody announced',
    start: '2024-01-03T00:00:00Z',
    days: 1,
    curve: together(REFERENCE, bump(at(9), 4 * REFERENCE(at(9)), 5, 20, 40)),
    stay: 600,
  },
  {
    file: 'launch.csv',
    about: 'the launch of a game: hardly anybody, then 9,000 within half an hour, who leave over the day',
    start: '2024-01-04T00:00:00Z',
    days: 1,
    curve: together(() => 300, bump(at(17), 8_700, 30, 90, 600)),
    stay: 1_200,
  },
  {
    file: 'event.csv',
    about: 'an event in the game at 19:00: three times as many within ten minutes, for an hour',
    start: '2024-01-05T00:00:00Z',
    days: 1,
    curve: together(daily(600, 3_000, at(20), 1.5), bump(at(19), 5_500, 10, 60, 30)),
    stay: 900,
  },
  {
    file: 'flash-crowd.csv',
    about:
      'somebody famous plays: eight times as many within three minutes in the early afternoon, gone within the hour',
    start: '2024-01-08T00:00:00Z',
    days: 1,
    curve: together(daily(300, 2_500, at(21), 1.5), bump(at(14), 6_000, 3, 15, 40)),
    stay: 480,
  },
  {
    file: 'slow-weekend.csv',
    about: 'a weekend that swells and ebbs slowly, with long stays',
    start: '2024-01-06T00:00:00Z',
    days: 2,
    curve: daily(1_500, 6_000, at(17)),
    stay: 2_700,
  },
  {
    file: 'tv-show.csv',
    about: 'a show at 20:00: everybody comes within a minute and goes within five at its end',
    start: '2024-01-09T00:00:00Z',
    days: 1,
    curve: together(daily(400, 1_500, at(20, 30), 1.5), bump(at(20), 6_000, 1, 55, 5)),
    stay: 600,
  },
];

/** As the simulator reads it. */
export function toCsv({ about, start, days, curve, stay }: Shipped): string {
  const startMs = Date.parse(start);
  const lines = Array.from({ length: days * DAY }, (_, minute) => {
    const time = new Date(startMs + minute * 60_000).toISOString().replace('.000Z', 'Z');
    return `${time},${Math.round(curve(minute))},${stay}`;
  });
  return [`# ${about}; made by "npm run simulate:traces"`, 'time,concurrent,stay_seconds', ...lines, ''].join('\n');
}
