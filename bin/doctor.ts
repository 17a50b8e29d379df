import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { examine, printed } from '../runtime/doctor';
import { parseContext } from './context';
import { planOf } from './plan';

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()).default({}) });
const Context = z.record(z.string(), z.unknown());

/** The mistakes are the caller's: told without a stack trace, with this exit code. */
const MISUSE = 2;

/** Looks at the account before a deploy: what would stop it, or a scale-out to the maximum, and what it would cost. */
async function main(): Promise<void> {
  const command = new Command('doctor')
    .description(
      'What in the account would stop a deploy, or a scale-out to the maximum; and what a month costs. Changes nothing.',
    )
    .argument('<environment>', 'name of the environment in cdk.json, e.g. prod-realtime')
    .option('-c, --context <key=value>', 'as of cdk, e.g. -c instanceNum=50; may be repeated', collect)
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 when nothing stands in the way, 1 when something does, 2 when it was called wrongly.',
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSE))
    .parse();
  const [name = ''] = command.args;
  const { context, json } = z
    .object({ context: Context.default({}), json: z.boolean().default(false) })
    .parse(command.opts());
  const file = CdkJson.parse(JSON.parse(readFileSync(join(__dirname, '..', 'cdk.json'), 'utf8')));
  const parsed = parseContext({ ...file.context, ...context });
  if (!parsed.ok) return misused(`The configuration is not usable:\n  ${parsed.mistakes.join('\n  ')}`);
  const environment = parsed.environments.get(name);
  if (environment === undefined) {
    return misused(`There is no environment ${name}; there are ${[...parsed.environments.keys()].join(', ')}`);
  }
  const region = environment.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const report = await examine(planOf(name, environment), region, Date.now());
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : printed(report));
  process.exitCode = report.findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

function collect(pair: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (key === undefined || value === undefined) throw new Error(`-c ${pair} must be KEY=VALUE`);
  return { ...before, [key]: value };
}

function misused(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = MISUSE;
}

main().catch((error: unknown) => misused(error instanceof Error ? error.message : String(error)));
