import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

/** The page's files, as browsers get them. */
export interface PageFiles {
  readonly js: string;
  readonly css: string;
}

interface BuiltPage extends PageFiles {
  /** Every file that went in, relative to the project. */
  readonly inputs: readonly string[];
}

const ROOT = join(__dirname, '../..');

/**
 * Bundles the page's program and its styles, in memory.
 * @throws with esbuild's messages when it does not compile.
 */
export async function buildPage(): Promise<BuiltPage> {
  const result: { metafile: Metafile; outputFiles: { path: string; text: string }[] } = await build({
    entryPoints: ['main.ts', 'page.css'].map((file) => join(ROOT, 'runtime/dashboard/page', file)),
    absWorkingDir: ROOT,
    outdir: 'page',
    write: false,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const text = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { js: text('.js'), css: text('.css'), inputs: Object.keys(result.metafile.inputs) };
}
