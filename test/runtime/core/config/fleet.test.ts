import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFleetConfig } from '../../../../runtime/core/config/fleet';
import { ScalingConfig } from '../../../../runtime/core/config/scaling';

function mistakes(game: unknown): readonly string[] {
  const parsed = parseFleetConfig({ stack: 'prod', clusters: { game } });
  return parsed.ok ? [] : parsed.mistakes.map((line) => line.replace(/^clusters\.game\./, ''));
}

describe('the configuration of a fleet', () => {
  it('has a default for everything', () => {
    const parsed = parseFleetConfig({ stack: 'prod-realtime', clusters: { lobby: {}, game: { maximum: 50 } } });
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        clusters: {
          lobby: { minimum: 2, out: { cooldownMs: 180_000 }, in: { cooldownMs: 3_600_000, move: null } },
          game: { maximum: 50, average: { rule: 'utilization', target: 0.85, outAbove: 0.9, inBelow: 0.8 } },
        },
      },
    });
  });

  it('reports all mistakes at once, each with its path, relations included', () => {
    const found = mistakes({
      minimum: 9,
      maximum: 3,
      bootMs: 'soon',
      colour: 'red',
      average: { target: 0.9, outAbove: 0.75, inBelow: 0.95 },
      schedule: [{ from: '25:00', to: '10:00', zone: 'Mars/Base', atLeast: 4 }],
      in: { windows: [{ from: '10:00', to: '10:00' }], move: { afterMs: -1 } },
    });
    expect(found).toHaveLength(10);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^bootMs: .*expected number/),
        'colour: is not a known setting; check the spelling, or remove it',
        expect.stringMatching(/^in\.move\.afterMs: /),
        'schedule[0].from: must be HH:MM, from 00:00 to 24:00',
        'schedule[0].zone: is no known time zone; use an IANA name such as Asia/Tokyo',
        'minimum: must be at most maximum (3), is 9',
        'average.target: must be less than average.outAbove (0.75), is 0.9',
        'average.inBelow: must be less than average.target (0.9), is 0.95',
        'schedule[0].atLeast: must be at most maximum (3), is 4',
        'in.windows[0].to: must differ from "from"; for a whole day write 00:00 to 24:00',
      ]),
    );
  });

  it.each([
    [
      'a ladder that does not climb',
      { average: { rule: 'ladder', outAt: 9, inAt: 2, out: [{ upTo: 5, size: 5 }], in: [{ above: 3, size: 3 }] } },
      'average.out[0].upTo: must be less than average.out.0.size (5), is 5',
    ],
    [
      'steps out of order',
      {
        average: {
          rule: 'ladder',
          outAt: 9,
          inAt: 2,
          out: [
            { upTo: 5, size: 9 },
            { upTo: 4, size: 9 },
          ],
          in: [{ above: 3, size: 3 }],
        },
      },
      'average.out[1].upTo: must be more than the step before (5), is 4',
    ],
    [
      'crossed thresholds of a ladder',
      { average: { rule: 'ladder', outAt: 2, inAt: 3, out: [{ upTo: 5, size: 9 }], in: [{ above: 3, size: 3 }] } },
      'average.inAt: must be less than average.outAt (2), is 3',
    ],
    [
      'a limit below the usual',
      { bootMs: 60_000, bootLimitMs: 60_000 },
      'bootMs: must be less than bootLimitMs (60000), is 60000',
    ],
    [
      'a window that never begins',
      { in: { windows: [{ from: '24:00', to: '02:00' }] } },
      'in.windows[0].from: must be before 24:00; a day begins at 00:00',
    ],
    [
      'no day',
      { in: { windows: [{ days: [], from: '01:00', to: '02:00' }] } },
      'in.windows[0].days: must name at least one day; leave it out for every day',
    ],
  ])('refuses %s', (_, game, message) => {
    expect(mistakes(game)).toEqual([message]);
  });

  it('refuses an unusable name of a cluster, an unknown preset, no clusters, and what is no object', () => {
    const lines = (input: unknown): unknown => {
      const parsed = parseFleetConfig(input);
      return parsed.ok ? [] : parsed.mistakes;
    };
    expect(lines({ stack: 'prod', clusters: { 'a b': {} } })).toEqual([
      expect.stringContaining('clusters.a b: is no usable name'),
    ]);
    expect(mistakes({ preset: 'newest' })).toEqual([expect.stringMatching(/^preset: .*"original"/)]);
    expect(lines({ stack: 'prod', clusters: {} })).toEqual(['clusters: must name a cluster']);
    expect(lines(null)).toEqual([expect.stringMatching(/^configuration: /)]);
    expect(mistakes([])).not.toEqual([]);
  });

  it('sets what is missing of target and thresholds around what is given', () => {
    const average = (given: object) => ScalingConfig.parse({ average: given }).average;
    expect(average({ target: 0.6 })).toEqual({ rule: 'utilization', target: 0.6, outAbove: 0.65, inBelow: 0.55 });
    expect(average({ outAbove: 0.7 })).toEqual({ rule: 'utilization', target: 0.65, outAbove: 0.7, inBelow: 0.6 });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (game, inside) => {
        expect(typeof parseFleetConfig(game).ok).toBe('boolean');
        for (const key of ['average', 'schedule', 'in', 'preset', 'out']) mistakes({ [key]: inside });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the original preset', () => {
  it('brings the rules of 2015, and lets them be overridden one by one', () => {
    const parsed = parseFleetConfig({
      stack: 's',
      clusters: { game: { preset: 'original', in: { cooldownMs: 60_000 } } },
    });
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        clusters: {
          game: {
            average: { rule: 'ladder', outAt: 19, inAt: 2, outAtNodes: 2 },
            in: { cooldownMs: 60_000, windows: [{ from: '04:00', to: '05:00', zone: 'Asia/Tokyo' }] },
          },
        },
      },
    });
  });
});

it('the lean preset packs joins and scales in more often; given fields stay', () => {
  const parsed = parseFleetConfig({ stack: 's', clusters: { game: { preset: 'lean', in: { stepNodes: 3 } } } });
  expect(parsed).toMatchObject({
    ok: true,
    config: { clusters: { game: { consolidate: 0.95, in: { cooldownMs: 180_000, stepNodes: 3 } } } },
  });
});

it('joins are packed only where the size goes by what nodes can hold', () => {
  const average = { rule: 'per-node', target: 50, outAbove: 60, inBelow: 40 };
  const message =
    'consolidate: must be null with average.rule "per-node": it fills nodes to their capacity, which only utilization goes by';
  expect(mistakes({ consolidate: 0.9, average })).toEqual([message]);
  expect(mistakes({ preset: 'lean', metric: 'cpu', average })).toEqual([message]);
  expect(mistakes({ preset: 'lean', consolidate: null, average })).toEqual([]);
  expect(mistakes({ consolidate: 0.9 })).toEqual([]);
});
