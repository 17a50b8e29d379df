import { writeFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { directApi } from '../client';
import type { BrokenMessage } from './broken';
import { wiresOf } from './clients';
import { showProgress } from './display';
import { type BeesOptions, readOptions } from './options';
import { unreachable } from './preflight';
import { describeSummary } from './summary';
import { Swarm } from './swarm';

/** Bees stay in the lobby for up to this long after they have their game node, like the original's clients; in milliseconds. */
const LINGER_MS = 2_000;

async function main(): Promise<number> {
  const options = await readOptions(process.argv.slice(2), process.env);
  const swarm = new Swarm({
    api: directApi(options.api, options.apiKey),
    openWire: wiresOf(options.client),
    players: options.players,
    rampMs: options.ramp * 1_000,
    curve: options.curve,
    playMs: options.play * 1_000,
    patienceMs: options.patience * 1_000,
    lingerMs: LINGER_MS,
    rate: options.rate,
    loop: options.loop,
    mode: options.mode,
    pool: options.pool,
    onBroken: (broken) => tell({ broken }),
  });
  const stopped = new AbortController();
  const stop = (): void => {
    // The second signal means it.
    if (stopped.signal.aborted) process.exit(1);
    stopped.abort();
    swarm.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);

  const trouble = await unreachable(options.api, stopped.signal);
  if (trouble !== null) return fail(trouble);
  const hide = showProgress(process.stdout, () => swarm.progress());
  await swarm.run();
  hide();
  return await report(swarm, options);
}

async function report(swarm: Swarm, options: BeesOptions): Promise<number> {
  const summary = swarm.summary();
  if (options.json !== null) await writeFile(options.json, `${JSON.stringify(summary, null, 2)}\n`);
  process.stdout.write(`${describeSummary(summary)}\n`);
  if (swarm.fatal !== null) return fail(swarm.fatal.message);
  const allFinished = options.loop || summary.finished === summary.players;
  return allFinished && summary.failed === 0 ? 0 : 1;
}

/** To the process that started this one, if it did; it may be gone just now, which is seen by "disconnect". */
function tell(message: BrokenMessage): void {
  process.send?.(message, undefined, undefined, () => {});
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
