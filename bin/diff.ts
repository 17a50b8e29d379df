import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { compare, ROOT, run, stacksIn, synthesise } from './templates';

const command = new Command('npm run diff --')
  .description(
    'What a deploy of the files as they are would change, compared with a deploy of another revision. Needs no network and no ' +
      'credentials; to compare with what is deployed: npx cdk diff.',
  )
  .argument('[stacks...]', 'names of stacks (default: all)')
  .option('--from <revision>', 'what to compare with: any revision that git knows', 'HEAD');

async function main(): Promise<void> {
  const chosen = command.parse().args;
  const { from } = command.opts<{ from: string }>();
  const folder = mkdtempSync(join(tmpdir(), 'rf-diff-'));
  try {
    const [checkout, before, after] = [join(folder, 'checkout'), join(folder, 'before'), join(folder, 'after')];
    run('git', ['worktree', 'add', '--detach', checkout, from], ROOT);
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    synthesise(checkout, before);
    synthesise(ROOT, after);
    process.exitCode = await compare({ stacks: stacksIn(after, chosen), before, after, options: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    run('git', ['worktree', 'prune'], ROOT);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message.trim() : String(error)}\n`);
  process.exitCode = 1;
});
