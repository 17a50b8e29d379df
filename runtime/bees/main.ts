import { writeFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { Coordinator } from './coordinator';
import { showProgress } from './display';
import { gather, NOBODY } from './gather';
import { mostAtOnce, stopper, systemLimits } from './limits';
import { tell } from './messages';
import { type BeesOptions, readOptions } from './options';
import { unreachable } from './preflight';
import type { Progress } from './progress';
import { writeReport } from './report/write';
import type { RunResult } from './result';
import { swarmOf, until } from './run';
import { describeSummary, summarise } from './summary';
import { work } from './worker';

/** How often it is looked whether all have gathered, in milliseconds. */
const GATHER_TICK_MS = 250;

/** A run in this process, or in several. */
interface Run {
  readonly fatal: string | null;
  progress(): Progress | null;
  run(): Promise<RunResult>;
  release(): void;
  stop(): void;
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = await readOptions(args, process.env);
  if (options.worker) return await work(options);
  const stopped = new AbortController();
  const trouble = troubleOf(options) ?? (await unreachable(options.api, stopped.signal));
  if (trouble !== null) return fail(trouble);
  const run = options.processes > 1 ? several(options, args) : alone(options);
  const stop = (): void => {
    // The second signal means it.
    if (stopped.signal.aborted) process.exit(1);
    stopped.abort();
    run.stop();
  };
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(event, stop);
  if (options.startAt !== null) await until(options.startAt, stopped.signal);
  const hide = showProgress(process.stdout, () => run.progress());
  const ended = options.gather ? releaseInTime(run) : () => undefined;
  try {
    const result = await run.run();
    hide();
    return await report(result, run.fatal, options);
  } finally {
    hide();
    ended();
  }
}

function troubleOf({ curve, gather, arrivals, play, processes, from }: BeesOptions): string | null {
  const all = curve ? Math.max(...curve.points.map(({ players }) => players)) : arrivals.length;
  const most = curve || gather ? all : mostAtOnce(arrivals, play * 1_000);
  return stopper({ players: Math.ceil(most / processes), processes, addresses: from.length }, systemLimits());
}

function alone(options: BeesOptions): Run {
  const swarm = swarmOf(options, (broken) => tell({ broken }));
  return {
    get fatal() {
      return swarm.fatal?.message ?? null;
    },
    progress: () => swarm.progress(),
    run: async () => {
      await swarm.run();
      return swarm.result();
    },
    release: () => swarm.release(),
    stop: () => swarm.stop(),
  };
}

function several({ processes }: BeesOptions, args: readonly string[]): Run {
  return new Coordinator({
    file: __filename,
    args: (index) => [...args, '--worker', '--share', `${index + 1}/${processes}`],
    env: process.env,
    execArgv: process.execArgv,
    count: processes,
    onBroken: (broken) => tell({ broken }),
  });
}

/** Lets the players go once all are there; returns what ends the watch. */
function releaseInTime(run: Run): () => void {
  let state = NOBODY;
  const watch = setInterval(() => {
    const progress = run.progress();
    if (progress === null) return;
    const step = gather(state, progress, performance.now());
    state = step.state;
    if (!step.release) return;
    clearInterval(watch);
    run.release();
  }, GATHER_TICK_MS);
  return () => clearInterval(watch);
}

async function report(result: RunResult, fatal: string | null, options: BeesOptions): Promise<number> {
  const summary = summarise(result);
  if (options.json !== null) await writeFile(options.json, `${JSON.stringify(summary, null, 2)}\n`);
  if (options.report !== null) process.stdout.write(`Report: ${await writeReport(options.report, result)}\n`);
  process.stdout.write(`${describeSummary(summary)}\n`);
  if (fatal !== null) return fail(fatal);
  const allFinished = options.loop || summary.finished === summary.players;
  return allFinished && summary.failed === 0 ? 0 : 1;
}

function fail(message: string): number {
  process.stderr.write(`bees: ${message}\n`);
  return 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong with the options.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    process.exit(fail(error instanceof Error ? error.message : String(error)));
  },
);
