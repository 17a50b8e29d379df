import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { number, whole } from '../arguments';
import { Id } from '../core/protocol/limits';
import { CLIENTS, type ClientName } from './clients';
import { type Curve, parseCurve } from './curve';

export interface BeesOptions {
  readonly api: string;
  readonly apiKey: string;
  readonly players: number;
  /** In seconds, as on the command line; likewise the others. */
  readonly ramp: number;
  /** Instead of players and ramp; null: none. */
  readonly curve: Curve | null;
  readonly play: number;
  readonly patience: number;
  /** Positions per second. */
  readonly rate: number;
  readonly loop: boolean;
  readonly client: ClientName;
  /** Absolute path; null for none. */
  readonly json: string | null;
  readonly mode: string;
  readonly pool: string;
}

interface Given extends Omit<BeesOptions, 'ramp' | 'curve' | 'loop' | 'json'> {
  readonly ramp?: number;
  readonly curve?: Curve;
  readonly loop?: true;
  readonly json?: string;
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
      curve,
    )
    .option('--play <SECONDS>', 'time that each player spends in the room', number(0, 86_400), 5)
    .option('--rate <N>', 'positions per second and player; 0 for none (a node takes 30)', number(0, 1_000), 10)
    .option(
      '--patience <SECONDS>',
      'a player that has not finished after this time fails; playing is not counted',
      number(1, 86_400),
      180,
    )
    .option('--loop', 'every player plays again and again, until Ctrl-C')
    .addOption(clientOption())
    .option('--mode <MODE>', 'what to play; the lobby knows the room size of each mode', id, 'battle')
    .option('--pool <POOL>', 'players meet within their pool only, those of other runs too', id, 'default')
    .option('--json <FILE>', 'write the summary to this file')
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
  const json = given.json === undefined ? null : resolve(given.json);
  if (given.curve !== undefined) {
    for (const other of ['players', 'ramp', 'loop']) {
      if (command.getOptionValueSource(other) === 'cli') command.error(`error: --curve goes without --${other}`);
    }
  }
  if (json !== null && !(await writable(json))) command.error(`error: option '--json': ${json} cannot be written`);
  return {
    ...given,
    apiKey: given.apiKey ?? env.API_KEY ?? LOCAL_KEY,
    curve: given.curve ?? null,
    ramp: given.ramp ?? given.players / DEFAULT_ARRIVALS_PER_SECOND,
    loop: given.loop ?? false,
    json,
  };
}

/** `npm start` has the same one. */
export function clientOption(): Option {
  return new Option('--client <NAME>', 'what the bees speak with: a light client of our own, or socket.io-client')
    .choices(CLIENTS)
    .default('light');
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:\/\//.test(text)) return text;
  throw new InvalidArgumentError('An address like http://127.0.0.1:8080 is needed.');
}

function curve(text: string): Curve {
  try {
    return parseCurve(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : error}; e.g. 0:40,60:800,120:40`);
  }
}

function id(text: string): string {
  if (Id.safeParse(text).success) return text;
  throw new InvalidArgumentError('1 to 64 of A-Z a-z 0-9 _ . : @ - are needed.');
}

/** Asked before playing, not after. */
async function writable(file: string): Promise<boolean> {
  const can = (path: string, mode: number): Promise<boolean> =>
    access(path, mode).then(
      () => true,
      () => false,
    );
  return await can((await can(file, constants.F_OK)) ? file : dirname(file), constants.W_OK);
}
