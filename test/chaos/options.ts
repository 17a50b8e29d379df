import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { number, whole } from '../../runtime/arguments';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  /** At once, at most. */
  readonly players: number;
  /** With faults of Redis itself. */
  readonly redis: boolean;
  /** The fixed set instead of a random mix. */
  readonly set: boolean;
  /** Instead: so many times the owner is killed. */
  readonly failoverRounds: number | null;
  /** Instead of a run: judge this history again. */
  readonly check: string | null;
  /** Where history and violations are written. */
  readonly folder: string;
  readonly json: string | null;
}

interface Given {
  readonly minutes: number;
  readonly seed?: number;
  readonly players: number;
  readonly redis: boolean;
  readonly set?: true;
  readonly failoverRounds?: number;
  readonly check?: string;
  readonly folder?: string;
  readonly json?: string;
}

const MORE = `
Prints the seed and the faults as they come. history.jsonl (what was seen, one JSON line each), violations.json and cluster.log (what the
cluster said) are left in the folder. Exit code: 0 when nothing is found, 1 when something is or the run failed, 2 for wrong options.
The same seed gives the same faults at the same times; what the machine makes of them differs.`;

/** The command line of \`npm run chaos\`. @throws CommanderError: exit code 2 on a mistake, 0 after `--help`. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const given = new Command('npm run chaos --')
    .description(
      'A local cluster under players and random faults; afterwards a checker judges what was seen by the rules S1 to S8.',
    )
    .option('--minutes <N>', 'how long faults come', number(0.1, 1_440), 2)
    .option('--seed <N>', 'of the random mix (default: a random one)', whole(0, 2 ** 32 - 1))
    .option('--players <N>', 'players at once, at most', whole(4, 2_000), 200)
    .option('--no-redis', 'leave Redis itself alone: it is not killed, paused or emptied')
    .option('--set', 'the fixed set of faults instead of a random mix')
    .option('--failover-rounds <N>', 'instead, kill the owner of a cluster so many times, and measure', whole(1, 1_000))
    .option('--check <FILE>', 'instead of a run, judge the history in this file')
    .option('--folder <FOLDER>', 'where to write (default: a new one in the folder for temporary files)')
    .option('--json <FILE>', 'write a summary to this file')
    .addHelpText('after', MORE)
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Given>();
  return {
    ...given,
    seed: given.seed ?? Math.floor(Math.random() * 2 ** 32),
    set: given.set ?? false,
    failoverRounds: given.failoverRounds ?? null,
    check: given.check ?? null,
    folder: resolve(given.folder ?? mkdtempSync(join(tmpdir(), 'realtime-fleet-chaos-'))),
    json: given.json === undefined ? null : resolve(given.json),
  };
}
