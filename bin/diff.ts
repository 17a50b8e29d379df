import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';

const ROOT = resolve(__dirname, '..');
const CDK = join(ROOT, 'node_modules/.bin/cdk');
const TEMPLATE = '.template.json';

const command = new Command('npm run diff --')
  .description(
    'What a deploy of the files as they are would change, compared with a deploy of another revision. Needs no network and no ' +
      'credentials; to compare with what is deployed: npx cdk diff.',
  )
  .argument('[stacks...]', 'names of stacks (default: all)')
  .option('--from <revision>', 'what to compare with: any revision that git knows', 'HEAD');

/** Ends with the program's own message when it fails. */
function run(program: string, args: readonly string[], cwd: string, stdio: 'inherit' | 'pipe' = 'pipe'): void {
  // Templates were validated when they were written; it takes seconds.
  const env = { ...process.env, CDK_VALIDATION: 'false' };
  const { status, error, stderr } = spawnSync(program, args, { cwd, env, stdio, encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? (stderr || `${program} ended with ${status}`));
}

/** Writes the templates of the project in this folder. */
function synthesise(folder: string, output: string): void {
  run(CDK, ['synth', '--quiet', '--output', output], folder);
}

function stacksIn(output: string): string[] {
  const templates = readdirSync(output).filter((file) => file.endsWith(TEMPLATE));
  return templates.map((file) => file.slice(0, -TEMPLATE.length)).sort();
}

function compare(folder: string, chosen: readonly string[], revision: string): void {
  const [checkout, before, after] = [join(folder, 'checkout'), join(folder, 'before'), join(folder, 'after')];
  run('git', ['worktree', 'add', '--detach', checkout, revision], ROOT);
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  synthesise(checkout, before);
  synthesise(ROOT, after);
  const none = join(folder, 'none.json');
  writeFileSync(none, '{}');
  const stacks = stacksIn(after);
  const unknown = chosen.filter((name) => !stacks.includes(name));
  if (unknown.length > 0) throw new Error(`There is no stack ${unknown.join(', ')}; there are ${stacks.join(', ')}`);
  for (const stack of chosen.length > 0 ? chosen : stacks) {
    const template = join(before, `${stack}${TEMPLATE}`);
    const given = ['--exclusively', '--app', after, '--template', existsSync(template) ? template : none];
    run(CDK, ['diff', stack, ...given], ROOT, 'inherit');
  }
}

function main(): void {
  const stacks = command.parse().args;
  const { from } = command.opts<{ from: string }>();
  const folder = mkdtempSync(join(tmpdir(), 'rf-diff-'));
  try {
    compare(folder, stacks, from);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    run('git', ['worktree', 'prune'], ROOT);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message.trim() : String(error)}\n`);
  process.exitCode = 1;
}
