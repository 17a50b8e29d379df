import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { replay } from './replay/recording';

/** Differences that are shown; the rest is counted. */
const MOST_SHOWN = 5;

async function main(): Promise<void> {
  const command = new Command('simulate:replay')
    .description(
      'Decides anew on everything that a real balancer saw (SCALING_RECORD), and compares with what it decided then. ' +
        'Exit code 1 when anything differs.',
    )
    .argument('<file...>', 'what a balancer wrote')
    .parse();
  for (const file of command.args) {
    const { steps, actions, differences } = replay(await readFile(file, 'utf8'), file);
    console.log(`${file}: ${steps} decisions with ${actions} actions replayed, ${differences.length} differ`);
    for (const { line, cluster, recorded, replayed } of differences.slice(0, MOST_SHOWN)) {
      console.log(`  line ${line}, ${cluster}\n    then ${recorded}\n    now  ${replayed}`);
    }
    if (differences.length > 0) process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
