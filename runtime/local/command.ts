import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { findRunning } from './running';

const CLUSTERS = ['lobby', 'game'];

/** How often progress is looked at, in milliseconds. */
const LOOK_MS = 500;
/** Time limit of one request, in milliseconds. */
const TIMEOUT_MS = 2_000;

const RollReply = z.object({ version: z.string() });
const GroupReply = z.object({ wantedVersion: z.string() });
const Instances = z.object({
  instances: z.array(z.object({ nodeId: z.string(), version: z.string(), state: z.string() })),
});

/** `npm run local -- …`: what a second terminal asks of the cluster that `npm start` has brought up in the first. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('npm run local --').description('Asks something of the running local cluster.');
  program
    .command('roll')
    .description(
      'Replaces every node by one of a new version, a few at a time, and nobody is cut off: as a deployment does. ' +
        'Waits until it is done; after Ctrl-C it goes on.',
    )
    .argument('[clusters...]', `which (default: ${CLUSTERS.join(' ')})`)
    .option('--port <N>', 'port of the API of the cluster', port, 8080)
    .action(async (clusters: string[], options: { readonly port: number }) => {
      const { control } = await findRunning(options.port);
      await Promise.all((clusters.length > 0 ? clusters : CLUSTERS).map((cluster) => roll(control, cluster)));
    });
  await program.parseAsync(args, { from: 'user' });
}

async function roll(control: string, cluster: string): Promise<void> {
  const { version } = await ask(control, 'POST', `/clusters/${cluster}/roll`, RollReply);
  let shown = '';
  for (;;) {
    const { instances } = await ask(control, 'GET', `/clusters/${cluster}/instances`, Instances);
    const fresh = instances.filter((instance) => instance.version === version && instance.state === 'running').length;
    const line = `${cluster}: ${fresh} new, ${instances.filter((instance) => instance.version !== version).length} old`;
    if (line !== shown) process.stdout.write(`${line}\n`);
    shown = line;
    if (fresh > 0 && instances.every((instance) => instance.version === version)) break;
    const { wantedVersion } = await ask(control, 'GET', `/clusters/${cluster}`, GroupReply);
    if (wantedVersion !== version) throw new Error(`${cluster}: given up for version ${wantedVersion}, wanted since`);
    await sleep(LOOK_MS);
  }
  process.stdout.write(`${cluster}: every node runs version ${version}\n`);
}

async function ask<T>(control: string, method: 'GET' | 'POST', path: string, schema: z.ZodType<T>): Promise<T> {
  const { origin, password } = new URL(control);
  const response = await fetch(new URL(path, origin), {
    method,
    headers: { authorization: `Bearer ${decodeURIComponent(password)}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new Error('The local cluster does not answer: it has ended, or is about to', { cause });
  });
  const answer: unknown = await response.json();
  if (response.ok) return schema.parse(answer);
  throw new Error(z.object({ error: z.object({ message: z.string() }) }).parse(answer).error.message);
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('A port from 1 to 65535 is needed.');
}
