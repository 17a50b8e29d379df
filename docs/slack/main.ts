import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { pageOf } from './page';
import { record } from './record';
import { Recording } from './recording';

const RECORDING = join(__dirname, 'recording.json');
const PAGE = join(__dirname, '..', 'slack.md');

async function main(): Promise<void> {
  const { record: anew } = new Command('npm run docs:slack --')
    .description('Writes docs/slack.md: what messages look like, from what happened in a real run.')
    .option('--record', 'run a local cluster through it anew; takes some minutes')
    .parse()
    .opts<{ record?: true }>();
  if (anew) writeFileSync(RECORDING, `${JSON.stringify(await record(), null, 1)}\n`);
  writeFileSync(PAGE, pageOf(Recording.parse(JSON.parse(readFileSync(RECORDING, 'utf8')))));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`docs:slack: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
