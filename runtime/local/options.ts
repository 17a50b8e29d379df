import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { number, whole } from '../arguments';
import type { ClientName } from '../bees/clients';
import { clientOption } from '../bees/options';
import { SCENARIOS, type Scenario } from './scenario';

export interface LocalOptions {
  /** Nodes per cluster. */
  readonly lobby: number;
  readonly game: number;
  readonly players: number;
  /** In seconds. */
  readonly ramp: number;
  /** Positions per second and player. */
  readonly rate: number;
  /** What the bees connect with. */
  readonly client: ClientName;
  /** Every bee plays once, then everything stops. */
  readonly exit: boolean;
  /** Absolute path; null for none. */
  readonly json: string | null;
  readonly port: number;
  /** Players that one node takes, per cluster. */
  readonly capacity: { readonly lobby: number; readonly game: number };
  /** The most nodes that the autoscaler may start, per cluster; null: four times those at first. */
  readonly max: number | null;
  /** What the players do; null: they come, and play. */
  readonly scenario: Scenario | null;
  readonly verbose: boolean;
}

/** Variables of the programs that are handed on to them; each program's `--help` explains its own. */
export const PROGRAM_SETTINGS: readonly string[] = [
  ...['GAME_PLUGIN', 'TICK_MS', 'ROOM_COMPLETE_MS', 'MAX_MESSAGES_PER_SECOND'],
  ...['MODES', 'MATCH_TIMEOUT_MS', 'GRACE_MS'],
  ...['TICKET_TTL_MS', 'POLL_MS', 'RED_AFTER_MS'],
];

/** The same, of the balancers only: what is secret is not for nodes. */
export const BALANCER_SETTINGS: readonly string[] = [
  ...['SLACK_WEBHOOK_URL', 'SLACK_WEBHOOK_FILE', 'SLACK_REPORT_MS', 'PAGE_URL'],
];

const ENVIRONMENT = `
Environment:
  API_KEY     key of the API (default: local-dev-key)
  REDIS_URL   use this Redis instead of a private one
  SCALING_RECORD  folder to write every decision of the autoscaler to, for npm run simulate:replay (default: none)
  SCALING     how the clusters scale, see the README (default: within --max, with cooldowns of seconds)
Handed on to the programs ("node dist/game.js --help" and so on explain them):
  ${PROGRAM_SETTINGS.join(' ')}
  ${BALANCER_SETTINGS.join(' ')}
Exit code: 0 after a stop by Ctrl-C or SIGTERM, 1 when something failed; with --exit 0 only if every player finished,
130 or 143 when it was stopped before.`;

interface Given {
  readonly lobby: number;
  readonly game: number;
  readonly players?: number;
  readonly ramp?: number;
  readonly rate?: number;
  readonly client: ClientName;
  readonly exit?: true;
  readonly json?: string;
  readonly port: number;
  readonly capacity?: number;
  readonly max?: number;
  readonly scenario?: keyof typeof SCENARIOS;
  readonly verbose?: true;
}

const DEFAULT_PLAYERS = 40;
const DEFAULT_CAPACITY = 5_000;

/** Players per second that arrive when `--ramp` is not given; over two seconds at least, and a minute at most. */
const DEFAULT_ARRIVALS_PER_SECOND = 100;
const LEAST_RAMP_S = 2;
const MOST_RAMP_S = 60;

/** Positions per second, of each player and of all together: what a small machine relays beside all that it does. */
const MOST_RATE = 10;
const MOST_POSITIONS = 5_000;

/**
 * Reads the command line of `npm start`.
 * @throws with what is wrong, when options are not usable or do not go together; CommanderError with code 0 after `--help`.
 */
export async function readOptions(args: readonly string[]): Promise<LocalOptions> {
  const given = new Command('npm start --')
    .description('The whole system on this machine: Redis, two balancers, lobby and game nodes, and bees that play.')
    .option('--lobby <N>', 'lobby nodes', whole(1, 32), 2)
    .option('--game <N>', 'game nodes', whole(1, 32), 2)
    .option('--players <N>', `bees: simulated players; 0 for none (default: ${DEFAULT_PLAYERS})`, whole(0, 20_000))
    .option(
      '--ramp <SECONDS>',
      `the bees arrive evenly over this time (default: ${DEFAULT_ARRIVALS_PER_SECOND} a second, over ${LEAST_RAMP_S} to ${MOST_RAMP_S} s)`,
      number(0, 3_600),
    )
    .option(
      '--rate <N>',
      `positions per second and bee (default: ${MOST_RATE}, fewer when there are more than ${MOST_POSITIONS / MOST_RATE} bees)`,
      number(0, 30),
    )
    .addOption(clientOption())
    .option('--exit', 'every bee plays once; then print the summary and stop, with exit code 0 if all of them finished')
    .option('--json <FILE>', 'write the summary to this file (with --exit)')
    .option('--port <N>', 'port of the API on 127.0.0.1; 0 for any free one', whole(0, 65_535), 8080)
    .option('--capacity <N>', `players that one node takes (default: ${DEFAULT_CAPACITY})`, whole(1, 1_000_000))
    .option(
      '--max <N>',
      'nodes per cluster that the autoscaler may start; never fewer than at first (default: 4 times those)',
      whole(1, 100),
    )
    .addOption(new Option('--scenario <NAME>', describeScenarios()).choices(Object.keys(SCENARIOS)))
    .option('--verbose', "show the programs' whole logs, not only warnings and errors")
    .addHelpText('after', ENVIRONMENT)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(args, { from: 'user' })
    .opts<Given>();
  const json = given.json === undefined ? null : resolve(given.json);
  const scenario = given.scenario === undefined ? null : SCENARIOS[given.scenario];
  const players = given.players ?? scenario?.players ?? DEFAULT_PLAYERS;
  const exit = given.exit ?? scenario !== null;
  const capacity = given.capacity ?? DEFAULT_CAPACITY;
  if (exit && players === 0) throw new Error('--exit needs players: --players 4 or more');
  if (json !== null && !exit) throw new Error('--json needs --exit: the summary is of players who play once');
  if (json !== null) await checkWritable(json);
  return {
    ...given,
    players,
    ramp: given.ramp ?? Math.min(MOST_RAMP_S, Math.max(LEAST_RAMP_S, players / DEFAULT_ARRIVALS_PER_SECOND)),
    rate: given.rate ?? scenario?.rate ?? Math.min(MOST_RATE, MOST_POSITIONS / Math.max(1, players)),
    exit,
    capacity:
      given.capacity === undefined && scenario !== null ? scenario.capacity : { lobby: capacity, game: capacity },
    max: given.max ?? scenario?.max ?? null,
    scenario,
    json,
    verbose: given.verbose ?? false,
  };
}

function describeScenarios(): string {
  return Object.entries(SCENARIOS)
    .map(([name, { title }]) => `${name}: ${title}`)
    .join('; ');
}

/** Now, not after minutes of playing. */
async function checkWritable(file: string): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there?.isDirectory()) throw new Error(`--json: ${file} is a folder`);
  await access(there === null ? dirname(file) : file, constants.W_OK).catch(() => {
    throw new Error(`--json: ${file} cannot be written`);
  });
}
