import { describe, expect, it } from '@jest/globals';
import { Random } from '../../../runtime/simulator/random';
import { parseCloudWatch } from '../../../runtime/simulator/trace/cloudwatch';
import { DEFAULT_START_MS, parseTrace } from '../../../runtime/simulator/trace/csv';
import { drawDemand } from '../../../runtime/simulator/trace/demand';
import { SHIPPED, toCsv } from '../../../runtime/simulator/trace/shipped';

const draw = (text: string) =>
  drawDemand(parseTrace(text, 'a.csv'), { random: new Random(1), shape: 'exponential', stayMs: 60_000 });

describe('a trace as CSV', () => {
  it('is players at once, in seconds or with dates, with stays or without', () => {
    const plain = parseTrace('time,concurrent\n0,10\n60,20\n', 'a.csv');
    expect(plain).toMatchObject({ kind: 'concurrent', startMs: DEFAULT_START_MS });
    expect(plain.rows).toEqual([
      { atMs: 0, count: 10, stayMs: null },
      { atMs: 60_000, count: 20, stayMs: null },
    ]);
    const dated =
      '# from a dashboard\ntime,arrivals,stay_seconds\n2024-05-01T10:00:00+02:00,5,30\n2024-05-01T08:01:00Z,6,\n';
    const trace = parseTrace(dated, 'b.csv');
    expect(trace).toMatchObject({ kind: 'arrivals', startMs: Date.parse('2024-05-01T08:00:00Z') });
    expect(trace.rows.map(({ atMs, stayMs }) => [atMs, stayMs])).toEqual([
      [0, 30_000],
      [60_000, null],
    ]);
  });

  it.each([
    ['', 'a.csv: is empty; a header is needed'],
    ['time,players\n0,1\n', 'a.csv:1: the column "players" is unknown'],
    ['time\n0\n', 'a.csv:1: the header must be'],
    ['time,concurrent\n0,1\n', 'at least two lines'],
    ['time,concurrent\n0,1\n60,many\n', 'a.csv:3:concurrent: must be a number from 0 to 10000000 (players), is "many"'],
    ['time,concurrent\n0,1\n60,-5\n', 'a.csv:3:concurrent: '],
    ['time,concurrent\n60,1\n60,5\n', 'a.csv:3:time: must be later than the line before'],
    ['time,concurrent\nyesterday,1\n', 'a.csv:2:time: must be a time as 2024-01-01T18:00:00Z'],
    ['time,concurrent\n0,1\n60,1,7\n', 'a.csv: Invalid Record Length'],
    ['time,concurrent,stay_seconds\n0,1,0\n60,1,1\n', 'a.csv:2:stay_seconds: '],
  ])('%j is refused with the place', (text, message) => {
    expect(() => parseTrace(text, 'a.csv')).toThrow(message);
  });
});

describe('the players of a trace', () => {
  it('are as many at once as it says, also when it falls faster than stays end', () => {
    const { concurrent } = draw('time,concurrent\n0,100\n60,400\n120,50\n180,50\n');
    expect([concurrent[0], concurrent[60], concurrent[120], concurrent[239]]).toEqual([100, 400, 50, 50]);
    expect(concurrent[30]).toBe(250);
  });

  it('come at the rate that it says, and are there from the beginning', () => {
    const { concurrent, stay } = draw(`time,arrivals\n${[0, 60, 120, 180].map((at) => `${at},600`).join('\n')}\n`);
    expect(Math.abs(stay.length - 4 * 600 - 600)).toBeLessThan(250);
    expect(Math.abs((concurrent[0] ?? 0) - 600)).toBeLessThan(150);
  });

  it('come one by one, each for its own stay', () => {
    const { concurrent } = draw('time,stay_seconds\n0,10\n5,2\n20,1\n');
    expect([...concurrent.subarray(0, 12)]).toEqual([1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 0, 0]);
  });
});

describe('what the AWS CLI prints', () => {
  it('is read from get-metric-statistics in any order, and from get-metric-data', () => {
    const statistics = {
      Label: 'players',
      Datapoints: [
        { Timestamp: '2024-05-01T08:05:00+00:00', Average: 7, Unit: 'Count' },
        { Timestamp: '2024-05-01T08:00:00Z', Average: 5, Maximum: 6, Unit: 'Count' },
      ],
    };
    const data = {
      MetricDataResults: [
        {
          Id: 'm1',
          Timestamps: ['2024-05-01T08:05:00Z', '2024-05-01T08:00:00Z'],
          Values: [7, 6],
          StatusCode: 'Complete',
        },
      ],
    };
    for (const json of [statistics, data]) {
      const trace = parseCloudWatch(JSON.stringify(json), 'm.json');
      expect(trace.startMs).toBe(Date.parse('2024-05-01T08:00:00Z'));
      expect(trace.rows.map(({ atMs, count }) => [atMs, count])).toEqual([
        [0, 6],
        [300_000, 7],
      ]);
    }
  });

  it.each([
    ['{', 'm.json: is no JSON'],
    ['{}', 'm.json: Datapoints: '],
    ['{"Datapoints":[]}', 'has 0 points'],
    ['{"Datapoints":[{"Timestamp":"2024-05-01T08:00:00Z"}]}', 'Datapoints[0]: has no Maximum'],
    ['{"MetricDataResults":[]}', 'has 0 metrics, one is needed'],
  ])('%s is refused with the field', (text, message) => {
    expect(() => parseCloudWatch(text, 'm.json')).toThrow(message);
  });
});

describe('the traces that ship with the project', () => {
  it('can all be read', () => {
    for (const trace of SHIPPED) {
      const { rows, kind } = parseTrace(toCsv(trace), trace.file);
      expect(kind).toBe('concurrent');
      expect(rows).toHaveLength(trace.days * 1_440);
    }
  });
});
