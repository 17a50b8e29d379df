import { setMaxListeners } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { check } from './checker';
import type { Violation } from './facts';
import { failOvers, median, players } from './figures';
import { type History, only, parseHistory } from './history';
import { type ChaosOptions, readOptions } from './options';
import { Recorder } from './recorder';
import { failOverRounds } from './rounds';
import { follow, type RunOptions, run } from './run';
import { randomMix } from './schedule';
import { ASKED_DIRECTLY, FIXED_SET, PARTS } from './set';

/** Violations that are printed; all of them are in the file. */
const MOST_PRINTED = 20;

/** `npm run chaos`. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.check !== null) return judge(parseHistory(await readFile(options.check, 'utf8')), options);
  mkdirSync(options.folder, { recursive: true });
  const recorder = new Recorder(join(options.folder, 'history.jsonl'));
  const log = createWriteStream(join(options.folder, 'cluster.log'));
  const stop = new AbortController();
  // A listener for each fault to come, which is no leak.
  setMaxListeners(0, stop.signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const programs = join(options.folder, 'programs');
  print(`Seed ${options.seed}, ${options.players} players; writing to ${options.folder}`);
  recorder.onEntry = (entry) => {
    if (entry.kind === 'fault') print(`${seconds(entry.t)}  ${entry.what}`);
  };
  try {
    await run({
      ...what(options, stop.signal),
      ...{ recorder, signal: stop.signal, folder: programs },
      say: (line) => log.write(`${(recorder.now() / 1_000).toFixed(1)} ${line}\n`),
    });
  } finally {
    await recorder.close();
    log.end();
    await rm(programs, { recursive: true, force: true });
  }
  return await judge(recorder.history, options);
}

/** What is done to the cluster, and how many players look on. */
function what(options: ChaosOptions, signal: AbortSignal): Pick<RunOptions, 'players' | 'ask' | 'disturb'> {
  const { seed, minutes, failoverRounds } = options;
  if (failoverRounds !== null) {
    return { players: options.players, disturb: (world) => failOverRounds(failoverRounds, world, print, signal) };
  }
  if (options.set) {
    return {
      players: options.players,
      ask: (sinceMs, world) => (sinceMs < ASKED_DIRECTLY.untilMs ? world.apiOf(ASKED_DIRECTLY.machine) : null),
      disturb: (world) => follow(FIXED_SET, PARTS.endMs, world, signal),
    };
  }
  const durationMs = minutes * 60_000;
  const faults = randomMix({ seed, durationMs, redis: options.redis });
  return { players: options.players, disturb: (world) => follow(faults, durationMs, world, signal) };
}

/** The exit code. */
async function judge(history: History, { folder, seed, json }: ChaosOptions): Promise<number> {
  const violations = check(history);
  const overs = failOvers(history);
  const summary = {
    seed,
    folder,
    players: players(history),
    faults: only(history, 'fault').length,
    failOvers: overs,
    violations,
  };
  mkdirSync(folder, { recursive: true });
  await writeFile(join(folder, 'violations.json'), `${JSON.stringify(violations, null, 2)}\n`);
  if (json !== null) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  print(
    `Players: ${summary.players.finished} rounds finished, ${summary.players.failed} failed; ${summary.faults} faults`,
  );
  if (overs.length > 0) {
    print(`Take-over: ${describe(overs.map(({ takeOverMs }) => takeOverMs))}`);
    print(`Fail-back: ${describe(overs.flatMap(({ failBackMs }) => failBackMs ?? []))}`);
  }
  for (const violation of violations.slice(0, MOST_PRINTED)) print(line(violation));
  print(violations.length === 0 ? 'The checker found nothing' : `The checker found ${violations.length} violations`);
  return violations.length === 0 ? 0 : 1;
}

function describe(times: readonly number[]): string {
  return `${times.length} times, median ${median(times)} ms, worst ${Math.max(...times)} ms`;
}

function line({ rule, t, what: text }: Violation): string {
  return `${rule.padEnd(8)}${seconds(t)}  ${text}`;
}

function seconds(t: number): string {
  return `${(t / 1_000).toFixed(1).padStart(7)} s`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong with the options.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
