import { describe, expect, it } from '@jest/globals';
import { isWithin, TimeWindow } from '../../../../runtime/core/config/window';

const at = (window: object, iso: string): boolean => isWithin(TimeWindow.parse(window), Date.parse(iso));

describe('a time window', () => {
  it('includes its beginning and excludes its end, on the wall clock of its zone', () => {
    const evening = { from: '18:00', to: '23:00', zone: 'Asia/Tokyo' };
    expect(at(evening, '2024-01-01T08:59:59Z')).toBe(false);
    expect(at(evening, '2024-01-01T09:00:00Z')).toBe(true);
    expect(at(evening, '2024-01-01T13:59:59Z')).toBe(true);
    expect(at(evening, '2024-01-01T14:00:00Z')).toBe(false);
  });

  it('goes by the days of its zone', () => {
    const monday = { days: ['mon'], from: '00:00', to: '24:00', zone: 'Asia/Tokyo' };
    expect(at(monday, '2023-12-31T15:00:00Z')).toBe(true);
    expect(at(monday, '2024-01-01T15:00:00Z')).toBe(false);
  });

  it('crosses midnight, and belongs to the day on which it begins', () => {
    const night = { days: ['sun'], from: '22:00', to: '02:00', zone: 'UTC' };
    expect(at(night, '2024-01-07T22:00:00Z')).toBe(true);
    expect(at(night, '2024-01-08T01:59:00Z')).toBe(true);
    expect(at(night, '2024-01-08T02:00:00Z')).toBe(false);
    expect(at(night, '2024-01-07T01:00:00Z')).toBe(false);
    expect(at(night, '2024-01-08T22:00:00Z')).toBe(false);
  });

  it('moves along with daylight saving', () => {
    const noon = { from: '12:00', to: '13:00', zone: 'Europe/Berlin' };
    expect(at(noon, '2024-01-15T11:30:00Z')).toBe(true);
    expect(at(noon, '2024-07-15T11:30:00Z')).toBe(false);
    expect(at(noon, '2024-07-15T10:30:00Z')).toBe(true);
  });

  it('does not occur in the hour that the clocks skip, and occurs twice in the one that they repeat', () => {
    const early = { from: '02:15', to: '02:45', zone: 'Europe/Berlin' };
    const minutesWithin = (day: string): number =>
      Array.from(
        { length: 8 * 60 },
        (_, i) => new Date(Date.parse(`${day}T00:00:00Z`) - 7_200_000 + i * 60_000),
      ).filter((time) => at(early, time.toISOString())).length;
    expect(minutesWithin('2024-03-30')).toBe(30);
    expect(minutesWithin('2024-03-31')).toBe(0);
    expect(minutesWithin('2024-10-27')).toBe(60);
  });

  it('is open all day from 00:00 to 24:00', () => {
    const always = { from: '00:00', to: '24:00' };
    expect(at(always, '2024-02-29T23:59:59Z')).toBe(true);
    expect(at(always, '2024-02-29T00:00:00Z')).toBe(true);
  });
});
