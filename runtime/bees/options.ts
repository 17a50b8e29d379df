import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { number, whole } from '../arguments';
import { type Arrival, parseTrace, ramp } from './arrivals';
import { CLIENTS, type ClientName } from './clients';
import type { Curve } from './curve';
import { STAYS, type Stay } from './stay';
import { addressesValue, curveValue, httpUrl, id, momentValue, shareValue, stepsValue, writable } from './values';

export interface BeesOptions {
  readonly api: string;
  readonly apiKey: string;
  readonly arrivals: readonly Arrival[];
  /** Instead of arrivals; null: none. */
  readonly curve: Curve | null;
  /** In seconds, as on the command line; likewise the others. */
  readonly play: number;
  readonly stay: Stay;
  readonly patience: number;
  readonly timeout: number;
  /** Positions per second. */
  readonly rate: number;
  readonly loop: boolean;
  readonly gather: boolean;
  readonly client: ClientName;
  /** Addresses to connect from; none: the system's choice. */
  readonly from: readonly string[];
  readonly processes: number;
  /** Which part of the players is this process's. */
  readonly share: { readonly index: number; readonly count: number };
  /** Unix milliseconds; null: at once. */
  readonly startAt: number | null;
  /** Does what its coordinator says. */
  readonly worker: boolean;
  /** Absolute paths; null for none. */
  readonly json: string | null;
  readonly report: string | null;
  readonly mode: string;
  readonly pool: string;
}

interface Given extends Omit<BeesOptions, 'arrivals' | 'apiKey'> {
  readonly apiKey?: string;
  readonly players: number;
  readonly ramp?: number;
  readonly curve: Curve | null;
  readonly steps?: Arrival[];
  readonly trace?: string;
  readonly json: string | null;
  readonly report: string | null;
}

/** Players per second that arrive when `--ramp` is not given. */
const DEFAULT_ARRIVALS_PER_SECOND = 100;

/** The development key of the local cluster. */
const LOCAL_KEY = 'local-dev-key';

/**
 * The command line of the bees. `parse` fails as commander does (after printing what is wrong): with exit code 2 on a mistake, 0 on
 * `--help`.
 */
export async function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Promise<BeesOptions> {
  const command = new Command('npm run bees --')
    .description('Simulated players: each is matched, joins its room, sends positions and finishes (① to ⑨).')
    .requiredOption('--api <URL>', 'address of the API, e.g. http://127.0.0.1:8080', httpUrl)
    .option('--api-key <KEY>', `key of the API (default: the environment's API_KEY, else ${LOCAL_KEY})`)
    .option('--players <N>', 'simulated players', whole(1, 100_000), 40)
    .option(
      '--ramp <SECONDS>',
      `the players arrive evenly over this time (default: ${DEFAULT_ARRIVALS_PER_SECOND} a second)`,
      number(0, 86_400),
    )
    .option(
      '--curve <POINTS>',
      'players at once over time instead, SECOND:PLAYERS,… from second 0 on; each plays once, new ones come as others finish',
      curveValue,
    )
    .option(
      '--steps <STEPS>',
      'arrivals a second over time instead, SECOND:PER_SECOND,… with 0 as the last',
      stepsValue,
    )
    .option('--trace <FILE>', 'arrivals from a CSV file instead: columns second,players[,play]; see the README')
    .option('--play <SECONDS>', 'time that each player spends in the room', number(0, 86_400), 5)
    .addOption(
      new Option('--stay <HOW>', 'how that time differs: by up to half, or as of calls; --curve: uniform').choices(
        STAYS,
      ),
    )
    .option('--gather', 'nobody leaves before all are connected at once; then they leave as they came')
    .option('--rate <N>', 'positions per second and player; 0 for none (a node takes 30)', number(0, 1_000), 10)
    .option(
      '--patience <SECONDS>',
      'a player that has not finished after this time fails; playing is not counted',
      number(1, 86_400),
      180,
    )
    .option('--timeout <SECONDS>', 'limit of one request, and of one connection', number(0.1, 600), 5)
    .option('--processes <N>', 'bees run in so many processes, each with its share of the players', whole(1, 64), 1)
    .option(
      '--from <ADDRESSES>',
      'connect from these addresses, e.g. 127.0.0.2,127.0.0.3 (light client)',
      addressesValue,
      [],
    )
    .option('--share <I/N>', 'play part I of N only: the others run elsewhere, with the same options', shareValue, {
      index: 0,
      count: 1,
    })
    .option('--start-at <TIME>', 'begin at this moment (ISO 8601), so that several begin together', momentValue, null)
    .addOption(new Option('--worker').default(false).hideHelp())
    .option('--loop', 'every player plays again and again, until Ctrl-C')
    .addOption(clientOption())
    .option('--mode <MODE>', 'what to play; the lobby knows the room size of each mode', id, 'battle')
    .option('--pool <POOL>', 'players meet within their pool only, those of other runs too', id, 'default')
    .option('--json <FILE>', 'write the summary to this file')
    .option('--report <FOLDER>', 'write plots and all figures into this folder: index.html, result.json')
    .addHelpText(
      'after',
      '\nThe exit code is 0 when every player finished (with --loop: when none failed), 1 otherwise, 2 for wrong options.\n' +
        'Players who do not fill their last room (10 of them, with rooms of 4) are joined by extra ones, which are not counted.',
    )
    .allowExcessArguments(false)
    .exitOverride((error) => {
      throw error;
    });
  const given = command.parse(args, { from: 'user' }).opts<Given>();
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  for (const [one, others] of Object.entries(ALONE)) {
    for (const other of others) {
      if (isGiven(one) && isGiven(other) && !given.worker) command.error(`error: --${one} goes without --${other}`);
    }
  }
  const json = given.json == null ? null : resolve(given.json);
  if (json !== null && !(await writable(json))) command.error(`error: option '--json': ${json} cannot be written`);
  const report = given.report == null ? null : resolve(given.report);
  if (report !== null) {
    await mkdir(report, { recursive: true }).catch((error: Error) =>
      command.error(`error: --report: ${error.message}`),
    );
  }
  const curve = given.curve ?? null;
  const { players: _, ramp: __, steps: ___, trace: ____, ...rest } = given;
  return {
    ...rest,
    apiKey: given.apiKey ?? env.API_KEY ?? LOCAL_KEY,
    curve,
    arrivals: curve === null ? await arrivalsOf(given, command) : [],
    stay: given.stay ?? (curve === null ? 'fixed' : 'uniform'),
    loop: given.loop ?? false,
    gather: given.gather ?? false,
    json,
    report,
  };
}

/** Options that exclude each other. */
const ALONE = {
  curve: ['players', 'ramp', 'loop', 'gather', 'steps', 'trace'],
  steps: ['players', 'ramp', 'loop', 'trace'],
  trace: ['players', 'ramp', 'loop'],
  gather: ['loop'],
  share: ['processes'],
};

async function arrivalsOf({ steps, trace, players, ramp: seconds }: Given, command: Command): Promise<Arrival[]> {
  if (steps !== undefined) return steps;
  if (trace === undefined) return ramp(players, (seconds ?? players / DEFAULT_ARRIVALS_PER_SECOND) * 1_000);
  try {
    return parseTrace(await readFile(trace, 'utf8'));
  } catch (error) {
    return command.error(`error: option '--trace': ${trace}: ${error instanceof Error ? error.message : error}`);
  }
}

/** `npm start` has the same one. */
export function clientOption(): Option {
  return new Option('--client <NAME>', 'what the bees speak with: a light client of our own, or socket.io-client')
    .choices(CLIENTS)
    .default('light');
}
