import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { z } from 'zod';
import { measureBees } from './bee';
import { measureIdle, measureNode } from './node';
import { say } from './side';
import { measureWatch } from './watch';

/** One line of the table: what, how much, and what is aimed at. */
interface Row {
  readonly what: string;
  readonly value: string;
  /** Null: a figure to look at, with no goal. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

const GIB = 2 ** 30;
const KIB = 1_024;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const figure = (what: string, value: string): Row => ({ what, value, goal: null, met: null });
const aim = (what: string, value: string, goal: string, met: boolean): Row => ({ what, value, goal, met });

/** Runs another benchmark as a program, and reads what it writes as JSON. */
async function program<T>(name: string, args: readonly string[], schema: z.ZodType<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'figures.json');
    const command = ['--import', 'tsx', join(__dirname, `${name}.ts`), ...args, '--json', file];
    // A goal that is missed makes the exit code 1; the figures are there all the same.
    await promisify(execFile)(process.execPath, command, { maxBuffer: GIB }).catch(() => undefined);
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function assign(): Promise<Row[]> {
  const Assign = z.object({
    assignPerSecond: z.number(),
    ratioToBareHttp: z.number(),
    ratioToScript: z.number(),
    p99MsAtHalfLoad: z.number(),
  });
  const found = await program('assign', ['--seconds', '1'], Assign);
  return [
    figure('POST /v1/lobby, one process', `${found.assignPerSecond}/s`),
    aim('… over bare node:http', `${found.ratioToBareHttp}`, '≥ 0.5', found.ratioToBareHttp >= 0.5),
    figure('… over the bare script', `${found.ratioToScript}`),
    aim('… p99 at half load', `${found.p99MsAtHalfLoad} ms`, '< 10 ms', found.p99MsAtHalfLoad < 10),
  ];
}

async function placement(): Promise<Row[]> {
  const Outcome = z.object({ policy: z.string(), maxToMeanAtEnd: z.number(), busiestShare: z.number() });
  const found = await program(
    'placement',
    [],
    z.object({ cases: z.array(z.object({ joins: z.number(), outcomes: z.array(Outcome) })) }),
  );
  const largest = found.cases.at(-1);
  return (largest?.outcomes ?? []).map(({ policy, maxToMeanAtEnd, busiestShare }, i) => {
    const what = `spread of ${largest?.joins} joins in 5 s, ${policy}: largest node over the mean`;
    const value = `${maxToMeanAtEnd.toFixed(3)} (busiest second: ${percent(busiestShare)})`;
    return i === 0 ? aim(what, value, '≤ 1.05', maxToMeanAtEnd <= 1.05) : figure(what, value);
  });
}

async function bees(): Promise<Row[]> {
  const figures = await measureBees(2_000);
  return (['wire', 'bee'] as const).flatMap((what) => {
    const of = (client: string) => figures.find((one) => one.what === what && one.client === client);
    const [light, plain] = [of('light'), of('socket.io')];
    if (light === undefined || plain === undefined) return [];
    const name = what === 'wire' ? 'a connection' : 'a whole bee';
    return [
      aim(
        `${name}, CPU, light over socket.io-client`,
        `${light.cpuMs.toFixed(2)} / ${plain.cpuMs.toFixed(2)} ms`,
        '≤ 0.5',
        light.cpuMs <= plain.cpuMs / 2,
      ),
      aim(
        `${name}, memory, light over socket.io-client`,
        `${(light.bytes / KIB).toFixed(1)} / ${(plain.bytes / KIB).toFixed(1)} KiB`,
        '≤ 0.5',
        light.bytes <= plain.bytes / 2,
      ),
    ];
  });
}

async function node(): Promise<Row[]> {
  const idle = await measureIdle(5_000);
  const batched = await measureNode({
    relay: 'batched',
    rate: 10,
    seconds: 4,
    steps: [1_000, 1_500, 2_000, 2_500],
    onStep: () => undefined,
  });
  const immediate = await measureNode({
    relay: 'immediate',
    rate: 10,
    seconds: 4,
    steps: [1_000, 1_500],
    onStep: () => undefined,
  });
  const most = batched.findLast(({ good }) => good)?.players ?? 0;
  return [
    aim(
      'memory of a node per idle connection, in use',
      `${(idle.used / KIB).toFixed(1)} KiB (resident: ${(idle.rss / KIB).toFixed(1)})`,
      '≤ 16',
      idle.used <= 16 * KIB,
    ),
    aim('rooms of 4, 10 positions a second, one core, batched: most players', `${most}`, '≥ 2000', most >= 2_000),
    ...[...batched, ...immediate].map(({ relay, players, p50Ms, p99Ms, cpu }) =>
      figure(
        `… ${relay}, ${players} players`,
        `p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${percent(cpu)} of a core`,
      ),
    ),
  ];
}

async function watch(): Promise<Row[]> {
  const found = await measureWatch([50, 200, 1_000, 2_000], 5);
  return found.map(({ nodes, green, cpu, tickP99Ms }) => {
    const what = `watch loop, ${nodes} nodes, registry writes included`;
    const value = `${percent(cpu)} of a core, tick p99 ${tickP99Ms.toFixed(0)} ms${green < nodes ? `; only ${green} answered in time` : ''}`;
    const met = cpu < 0.15 && tickP99Ms < 200 && green === nodes;
    return nodes === 1_000 ? aim(what, value, '< 15 %, < 200 ms', met) : figure(what, value);
  });
}

/** What cannot be measured is said, and the rest is measured all the same. */
async function section(name: string, run: () => Promise<Row[]>): Promise<Row[]> {
  say(`${name} …`);
  const rows = await run().catch((error: Error) => [aim(name, `not measured: ${error.message}`, '', false)]);
  for (const { what, value, met } of rows) say(`  ${met === false ? 'MISSED ' : ''}${what}: ${value}`);
  return rows;
}

function markdown(rows: readonly Row[], loadBefore: number): string {
  const [first] = cpus();
  const machine = `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / GIB)} GiB, Linux ${release()}, Node ${process.version}`;
  return [
    '# Results of `npm run bench`',
    '',
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, on ${machine}. Load of the machine before it began: ${loadBefore.toFixed(1)}`,
    '(on a busy machine delays say more about its other work; ratios of one line were measured in turns).',
    '',
    '| what | measured | goal | |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ what, value, goal, met }) =>
        `| ${what} | ${value} | ${goal ?? ''} | ${met === null ? '' : met ? 'met' : 'missed'} |`,
    ),
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const { out } = new Command('bench')
    .description('Every measurement, one table. Takes some minutes; leave the machine alone meanwhile.')
    .option('--out <file>', 'where the table goes', join(__dirname, 'RESULTS.md'))
    .parse()
    .opts<{ out: string }>();
  const [loadBefore = 0] = loadavg();
  const rows: Row[] = [];
  for (const [name, run] of Object.entries({ assign, placement, bees, watch, node }))
    rows.push(...(await section(name, run)));
  await writeFile(out, markdown(rows, loadBefore));
  say(`Written to ${out}`);
}

void main().then(() => process.exit());
