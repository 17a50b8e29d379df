import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { number, whole } from '../arguments';
import { mistakesOf } from '../core/config/fleet';
import { ScalingConfig } from '../core/config/scaling';
import { Random, SHAPES, type Shape } from './random';
import { RIVALS, type Rival, type Setting } from './setup';
import { isCloudWatch, parseCloudWatch } from './trace/cloudwatch';
import { parseTrace } from './trace/csv';
import { drawDemand } from './trace/demand';
import { lengthMs, type Trace } from './trace/trace';
import { DEFAULT_PHYSICS, type Faults, NO_FAULTS } from './world/physics';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What is the same for every command of the simulator. */
export interface CommonOptions {
  readonly trace: string;
  readonly config?: string;
  readonly cluster?: string;
  readonly seed: number;
  readonly price: number;
  readonly capacity?: number;
  readonly boot?: number;
  readonly stay: number;
  readonly stays: Shape;
  readonly drain: number;
  readonly repeat: number;
  readonly crashes: number;
  readonly interruptions: number;
  readonly stillborn: number;
}

/** Adds them to a command. */
export function withCommonOptions(command: Command): Command {
  return command
    .requiredOption(
      '--trace <file>',
      'players over time: CSV, or what `aws cloudwatch` printed as JSON (see traces/README.md)',
    )
    .option('--config <file>', 'how the cluster scales: the JSON of one cluster in SCALING (default: the defaults)')
    .option('--cluster <name>', 'the configuration is the whole of SCALING, and this is the cluster')
    .option('--repeat <n>', 'play the trace so many times in a row, so that history is known', whole(1, 60), 1)
    .option('--seed <n>', 'of everything that is random', whole(0, 2 ** 32 - 1), 1)
    .option('--price <n>', 'of a node for an hour', number(0, 1_000_000), 0.1)
    .option('--capacity <n>', 'players that a node takes (default: as the configuration says)', whole(1, 1_000_000))
    .option(
      '--boot <seconds>',
      'from launch to first player, the median (default: as the configuration says)',
      number(0, 86_400),
    )
    .option('--stay <seconds>', 'mean stay, where the trace does not say', number(1, 31_536_000), 600)
    .addOption(new Option('--stays <shape>', 'how stays are spread').choices(SHAPES).default('exponential'))
    .option('--drain <minutes>', 'when the others cut off who is left on a draining node', number(0, 10_000), 30)
    .option('--crashes <n>', 'processes that die, per node and day', number(0, 1_000), 0)
    .option(
      '--interruptions <n>',
      'machines that are taken back at two minutes’ notice, per node and day',
      number(0, 1_000),
      0,
    )
    .option('--stillborn <share>', 'share of instances that never come up', number(0, 1), 0);
}

/** Reads the files. @throws BadTrace, or an error that names the file and every mistake in it. */
export async function settingOf(
  options: CommonOptions,
  say: (line: string) => void,
): Promise<Setting & { readonly trace: Trace }> {
  const trace = await readTrace(options.trace, options.repeat);
  const given = options.config === undefined ? {} : await readConfig(options.config, options.cluster);
  const parsed = ScalingConfig.safeParse(given);
  if (!parsed.success)
    throw new Error(
      mistakesOf(parsed.error)
        .map((line) => `${options.config}: ${line}`)
        .join('\n'),
    );
  const capacity = options.capacity ?? parsed.data.capacity;
  const bootMs = options.boot === undefined ? parsed.data.bootMs : options.boot * 1000;
  const random = new Random(options.seed);
  const demand = drawDemand(trace, { random, shape: options.stays, stayMs: options.stay * 1000 });
  const config = roomy(
    { ...parsed.data, capacity, bootMs },
    given,
    demand.concurrent.reduce((most, count) => Math.max(most, count), 0),
    say,
  );
  const { crashes: crashesPerNodeDay, interruptions: interruptionsPerNodeDay, stillborn } = options;
  const faults: Faults = { ...NO_FAULTS, crashesPerNodeDay, interruptionsPerNodeDay, stillborn };
  const physics = { ...DEFAULT_PHYSICS, capacity, bootMs, faults };
  return { trace, demand, physics, config, forcedAfterMs: options.drain * MINUTE_MS };
}

async function readTrace(file: string, repeat = 1): Promise<Trace> {
  const text = await readFile(file, 'utf8');
  const trace = isCloudWatch(text) ? parseCloudWatch(text, file) : parseTrace(text, file);
  return repeated(trace, repeat);
}

/** A number of times in a row. */
function repeated(trace: Trace, times: number): Trace {
  const everyMs = trace.kind === 'players' ? Math.ceil(lengthMs(trace) / HOUR_MS) * HOUR_MS : lengthMs(trace);
  const rows = Array.from({ length: times }, (_, i) =>
    trace.rows.map((row) => ({ ...row, atMs: row.atMs + i * everyMs })),
  );
  return { ...trace, rows: rows.flat() };
}

async function readConfig(file: string, cluster: string | undefined): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  const given = parseJson(text, file);
  if (cluster === undefined) return given;
  const entry = z.record(z.string(), z.unknown()).safeParse(given).data?.[cluster];
  if (entry === undefined || entry === null) throw new Error(`${file}: has no cluster "${cluster}" to scale`);
  return entry;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** The default maximum protects a bill; here it would only hide what a larger crowd needs. */
function roomy(config: ScalingConfig, given: unknown, peak: number, say: (line: string) => void): ScalingConfig {
  const maximum = Math.ceil((2 * peak) / config.capacity);
  const isGiven = typeof given === 'object' && given !== null && 'maximum' in given;
  if (isGiven || maximum <= config.maximum) return config;
  say(
    `The default maximum of ${config.maximum} nodes is too few for ${peak} players: played with ${maximum}. Set "maximum".`,
  );
  return { ...config, maximum };
}

/** Comma-separated names; `all`. */
export function rivals(text: string): readonly Rival[] {
  if (text === 'all') return RIVALS;
  const parsed = z.array(z.enum(RIVALS)).safeParse(text.split(',').map((name) => name.trim()));
  if (parsed.success) return [...new Set(parsed.data)];
  throw new InvalidArgumentError(`Known are ${RIVALS.join(', ')}, and all.`);
}
