import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { SHIPPED, toCsv } from './trace/shipped';

async function main(): Promise<void> {
  const { out } = new Command('simulate:traces')
    .description('Writes the traces that ship with the project; the same every time.')
    .option('--out <folder>', 'where to', 'traces')
    .parse()
    .opts<{ out: string }>();
  await mkdir(out, { recursive: true });
  for (const trace of SHIPPED) {
    await writeFile(join(out, trace.file), toCsv(trace));
    console.log(`${join(out, trace.file)}: ${trace.about}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
