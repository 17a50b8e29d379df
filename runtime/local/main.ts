import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { type Bundles, bundle } from '../bundle';
import { type LocalCluster, startCluster } from './cluster';
import { type Guard, startGuard } from './guard';
import { type LocalOptions, readOptions } from './options';
import { playOn, playOnce, type Surroundings } from './players';
import { Terminal } from './terminal';

/** The key of the local API when API_KEY does not say another; it listens on 127.0.0.1 only. */
const DEVELOPMENT_KEY = 'local-dev-key';

/** After this, in milliseconds, what still runs is killed: a stop takes less than 5 s. */
const STOP_LIMIT_MS = 4_300;

/** Signals within this time of the first, in milliseconds, are the same one: npm forwards the Ctrl-C that we got from the terminal too. */
const SAME_SIGNAL_MS = 300;

/**
 * `npm start`. Exit code: 0 after a stop by signal, 1 when something failed; with --exit 0 only if every player finished,
 * and 128 plus the signal's number when it was stopped before.
 * @param programs what the processes run. @default the bundles in dist/, built when they are out of date
 */
export async function main(args: readonly string[], programs: () => Promise<Bundles> = bundle): Promise<void> {
  const options = await readOptions(args).catch((error: Error) => {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  const terminal = new Terminal(process.stdout);
  const guard = startGuard();
  const stop = stopOnSignals(terminal, guard, options);
  let code = 1;
  try {
    code = await run(options, programs, { terminal, guard, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  await guard.stop();
  process.exit(stop.code() ?? code);
}

async function run(options: LocalOptions, programs: () => Promise<Bundles>, around: Surroundings): Promise<number> {
  const cluster = await startCluster({
    sizes: { lobby: options.lobby, game: options.game },
    port: options.port,
    capacity: options.capacity,
    maximum: { lobby: maximum(options.lobby, options.max), game: maximum(options.game, options.max) },
    settings: options.scenario?.settings ?? {},
    apiKey: process.env.API_KEY || DEVELOPMENT_KEY,
    verbose: options.verbose,
    bundle: programs,
    ...around,
  });
  try {
    if (options.exit) {
      around.terminal.say(`Page: ${cluster.pages.map(({ link }) => link).join('  or  ')}`);
      return await playOnce(cluster, options, around);
    }
    around.terminal.say('', ...introduction(cluster), '');
    await playOn(cluster, options, around);
    return 0;
  } finally {
    await cluster.stop();
  }
}

function maximum(atFirst: number, max: number | null): number {
  return max === null ? 4 * atFirst : Math.max(atFirst, max);
}

/** What runs where, and what to do with it. */
function introduction({ api, apiKey, pages, groups, balancers }: LocalCluster): string[] {
  const nodes = [...balancers.values(), ...groups.values()].flatMap((group) => group.describe());
  const victim = nodes.findLast((node) => node.cluster === 'game')?.pid;
  const key = `-H 'Authorization: Bearer ${apiKey}'`;
  return [
    `API      ${api}   key ${apiKey}`,
    ...pages.map(({ name, link }) => `Page     ${link}   of ${name}`),
    ...pages.map(({ name, link }) => `Metrics  ${new URL('/metrics', link).href}   of ${name}; a node's are beside it`),
    ...nodes.map(({ nodeId, pid, endpoint, metrics }) =>
      [nodeId.padEnd(17), `pid ${String(pid).padEnd(7)}`, endpoint, metrics].filter(Boolean).join('  '),
    ),
    '',
    'What to try next, in another terminal:',
    `  curl -s ${api}/v1/clusters ${key}`,
    `  curl -s ${api}/v1/lobby ${key} -H 'Content-Type: application/json' -d '{"playerId":"alice"}'`,
    `  npm run bees -- --api ${api} --players 100 --ramp 5`,
    `  npx realtime status --port ${new URL(api).port}      the clusters, and what an operator may order: npx realtime --help`,
    `  npm run local -- roll --port ${new URL(api).port}      every node is replaced, a few at a time, and nobody is cut off`,
    `  kill -9 ${victim}      a game node dies: its rooms go on on another one, and the process is replaced`,
    `  kill -STOP ${victim}   it hangs: no new player is sent there`,
    `  kill -9 ${balancers.get('lobby')?.describe()[0]?.pid}      a balancer dies: the other takes the lobby over, and gives it back when it has returned`,
    'Ctrl-C ends everything.',
  ];
}

interface Stop {
  readonly signal: AbortSignal;
  /** The exit code that a stop gives; undefined when there was none. */
  code(): number | undefined;
}

/**
 * The first signal (or the end of who reads our output) stops in order; a second one, or a stop that takes too long,
 * kills what is left.
 */
function stopOnSignals(terminal: Terminal, guard: Guard, options: LocalOptions): Stop {
  const controller = new AbortController();
  let code: number | undefined;
  let sinceMs = 0;
  const kill = () => void guard.stop().then(() => process.exit(code));
  const stop = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    if (controller.signal.aborted) {
      if (performance.now() - sinceMs > SAME_SIGNAL_MS) kill();
      return;
    }
    sinceMs = performance.now();
    code = options.exit ? 128 + constants.signals[signal] : 0;
    terminal.say('Stopping …');
    controller.abort(new Error(`stopped by ${signal}`));
    setTimeout(kill, STOP_LIMIT_MS).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  const gone = () => {
    if (!controller.signal.aborted) stop('SIGHUP');
  };
  process.stdout.on('error', gone);
  return { signal: controller.signal, code: () => code };
}
