import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { compare } from './report/comparison';
import { toHtml } from './report/html';
import { plotLibrary } from './report/library';
import { readReport } from './report/write';

/** `npm run bees:compare A B`: two reports beside each other. */
async function main(): Promise<void> {
  const command = new Command('npm run bees:compare --')
    .description('Two runs beside each other, from the folders that --report wrote.')
    .argument('<A>', 'folder of the first run')
    .argument('<B>', 'folder of the second run')
    .option('--html <FILE>', 'write the plots of both beside each other, too')
    .parse();
  const [a = '', b = ''] = command.args;
  const { html } = command.opts<{ html?: string }>();
  const [before, after] = [await readReport(a), await readReport(b)];
  const text = compare(before, after);
  process.stdout.write(`${text}\n`);
  if (html === undefined) return;
  const library = await plotLibrary();
  if (library === null) throw new Error('uplot is not installed: run npm ci in the project');
  await writeFile(
    html,
    toHtml(
      new Map([
        [`A: ${a}`, before],
        [`B: ${b}`, after],
      ]),
      text,
      library,
    ),
  );
  process.stdout.write(`${html}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
