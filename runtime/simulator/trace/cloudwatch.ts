import { z } from 'zod';
import { BadTrace, type Trace } from './trace';

const Time = z.iso.datetime({ offset: true });

/** What `aws cloudwatch get-metric-statistics` prints. */
const Statistics = z.object({
  Label: z.string().optional(),
  Datapoints: z.array(
    z.object({
      Timestamp: Time,
      Maximum: z.number().min(0).optional(),
      Average: z.number().min(0).optional(),
      Sum: z.number().min(0).optional(),
    }),
  ),
});

/** What `aws cloudwatch get-metric-data` prints. */
const Data = z.object({
  MetricDataResults: z.array(
    z.object({ Id: z.string().optional(), Timestamps: z.array(Time), Values: z.array(z.number().min(0)) }),
  ),
});

/** Whether a file looks like JSON, rather than like CSV. */
export function isCloudWatch(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

/**
 * Reads players at once from what the AWS CLI printed: of several statistics the maximum, else the average, else the sum. The order
 * of the points does not matter; between points that are far apart, the number is interpolated.
 *
 * @throws BadTrace naming the field.
 */
export function parseCloudWatch(text: string, name: string): Trace {
  const points = pointsOf(jsonOf(text, name), name).sort((a, b) => a.atMs - b.atMs);
  const startMs = points[0]?.atMs ?? 0;
  const rows = points.map(({ atMs, count }) => ({ atMs: atMs - startMs, count, stayMs: null }));
  const twice = rows.find((row, i) => i > 0 && row.atMs === rows[i - 1]?.atMs);
  if (twice !== undefined) {
    const time = new Date(startMs + twice.atMs).toISOString();
    throw new BadTrace(`${name}: has two points for ${time}; ask for one metric without overlapping times`);
  }
  if (rows.length < 2) throw new BadTrace(`${name}: has ${rows.length} points, at least two are needed`);
  return { name, kind: 'concurrent', startMs, rows };
}

interface Sampled {
  readonly atMs: number;
  readonly count: number;
}

function pointsOf(json: unknown, name: string): Sampled[] {
  if (typeof json === 'object' && json !== null && 'MetricDataResults' in json) {
    const [first, ...others] = parsed(Data, json, name).MetricDataResults;
    if (first === undefined || others.length > 0) {
      throw new BadTrace(
        `${name}: MetricDataResults: has ${others.length + (first === undefined ? 0 : 1)} metrics, one is needed; ` +
          'sum several with a metric expression, and set ReturnData to false for its parts',
      );
    }
    return first.Timestamps.map((time, i) => ({ atMs: Date.parse(time), count: first.Values[i] ?? 0 }));
  }
  return parsed(Statistics, json, name).Datapoints.map(({ Timestamp, Maximum, Average, Sum }, i) => {
    const count = Maximum ?? Average ?? Sum;
    if (count === undefined) throw new BadTrace(`${name}: Datapoints[${i}]: has no Maximum, Average or Sum`);
    return { atMs: Date.parse(Timestamp), count };
  });
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, name: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BadTrace(`${name}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadTrace(`${name}: is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}
