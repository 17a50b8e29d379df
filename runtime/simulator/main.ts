import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { type CommonOptions, rivals, settingOf, withCommonOptions } from './options';
import { type Outcome, run } from './run';
import { OURS, policyOf, type Rival } from './setup';
import { toHtml } from './show/html';
import { table } from './show/table';

interface Options extends CommonOptions {
  readonly compare: readonly Rival[];
  readonly json?: string;
  readonly html?: string;
}

async function main(): Promise<void> {
  const options = withCommonOptions(new Command('simulate'))
    .description(
      'Plays a trace of players through the very decisions that run in production, in virtual time, and shows what it costs and ' +
        'what players feel. The same seed gives the same figures.',
    )
    .option('--compare <names>', 'original, target-tracking, step, clairvoyant, or all; comma-separated', rivals, [])
    .option('--json <file>', 'write the figures, in all and by day')
    .option('--html <file>', 'write a page with demand, capacity, nodes, and every decision with its reason')
    .parse()
    .opts<Options>();
  const setting = await settingOf(options, (line) => console.error(line));
  const outcomes = new Map<string, Outcome>();
  for (const name of [OURS, ...options.compare] as const) {
    const { demand, physics } = setting;
    const policy = policyOf(name, setting);
    outcomes.set(name, run({ demand, physics, policy, seed: options.seed, pricePerHour: options.price }));
  }
  const { name } = setting.trace;
  if (options.json !== undefined) await writeFile(options.json, toJson(outcomes, name, options.seed));
  if (options.html !== undefined) await writeFile(options.html, await toHtml(outcomes, name));
  console.log(table([...outcomes].map(([name, { measures }]) => [name, measures])));
}

function toJson(outcomes: ReadonlyMap<string, Outcome>, trace: string, seed: number): string {
  const policies = Object.fromEntries([...outcomes].map(([name, { measures, days }]) => [name, { ...measures, days }]));
  return `${JSON.stringify({ trace, seed, policies }, null, 2)}\n`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
