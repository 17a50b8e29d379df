import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../result';

/** Writes the result of a run into a folder that is there. */
export async function writeReport(folder: string, result: RunResult): Promise<void> {
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result)}\n`);
}
