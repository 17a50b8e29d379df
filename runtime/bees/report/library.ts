import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface Library {
  readonly script: string;
  readonly style: string;
}

/** The library that draws the plots, to be put into the page; null where it is not installed, as on an instance that only attacks. */
export async function plotLibrary(): Promise<Library | null> {
  // From the program's own place, and from where it was called: a bundle may lie anywhere.
  for (const from of [__filename, join(process.cwd(), 'here')]) {
    try {
      const { resolve } = createRequire(from);
      const [script, style] = await Promise.all([
        readFile(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
        readFile(resolve('uplot/dist/uPlot.min.css'), 'utf8'),
      ]);
      return { script, style };
    } catch {
      // Not there.
    }
  }
  return null;
}
