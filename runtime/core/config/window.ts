import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';

/** Days as luxon counts them: Monday is 1. */
const DAYS = { mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6, sun: 7 } as const;

const Day = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** A time of day on the wall clock, `HH:MM`; `24:00` ends a window at midnight. */
const TimeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be HH:MM, from 00:00 to 24:00');

/**
 * Hours of the day on certain days, on the wall clock of a named time zone: daylight saving moves the window along with the
 * clock on the wall. In the hour that a change of the clocks skips a window does not occur, in the hour that it repeats, twice.
 */
export const TimeWindow = z.strictObject({
  /** The days on which it begins. @default every day */
  days: z
    .array(Day)
    .min(1, 'must name at least one day; leave it out for every day')
    .default(() => Day.options.slice()),
  /** Begins, inclusive. */
  from: TimeOfDay,
  /** Ends, exclusive. Earlier than `from`: on the next day. */
  to: TimeOfDay,
  /** IANA name, e.g. `Asia/Tokyo`. @default 'UTC' */
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'is no known time zone; use an IANA name such as Asia/Tokyo')
    .default('UTC'),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** Whether the instant, in Unix milliseconds, lies within the window. */
export function isWithin(window: TimeWindow, atMs: number): boolean {
  const local = DateTime.fromMillis(atMs, { zone: window.zone });
  const minute = local.hour * 60 + local.minute;
  const from = minuteOfDay(window.from);
  const to = minuteOfDay(window.to);
  const beginsOn = (weekday: number): boolean => window.days.some((day) => DAYS[day] === weekday);
  if (from < to) return beginsOn(local.weekday) && minute >= from && minute < to;
  const yesterday = local.weekday === 1 ? 7 : local.weekday - 1;
  return (beginsOn(local.weekday) && minute >= from) || (beginsOn(yesterday) && minute < to);
}
