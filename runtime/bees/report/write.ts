import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunResult } from '../result';
import { pageOf } from './html';
import { plotLibrary } from './library';

const RESULT = 'result.json';
const PAGE = 'index.html';

/**
 * Writes the result of a run into a folder that is there: `result.json`, and the page `index.html` where the library of the plots is
 * installed. The path of what to look at.
 */
export async function writeReport(folder: string, result: RunResult): Promise<string> {
  await writeFile(join(folder, RESULT), `${JSON.stringify(result)}\n`);
  const library = await plotLibrary();
  if (library === null) return join(folder, RESULT);
  await writeFile(join(folder, PAGE), pageOf(result, library));
  return join(folder, PAGE);
}

/** Reads the result that was written into a folder. @throws with what is wrong */
export async function readReport(folder: string): Promise<RunResult> {
  const file = join(folder, RESULT);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`${file} cannot be read; write one with: npm run bees -- --api URL --report ${folder}`);
  });
  try {
    return RunResult.parse(JSON.parse(text));
  } catch {
    throw new Error(`${file} is no result of a run, or of another version`);
  }
}
