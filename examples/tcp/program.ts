import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Program {
  /** Absolute path. */
  readonly file: string;
  /** Of the content. */
  readonly version: string;
}

/** Bundles the server into one file in this folder, as nodes are processes of plain JavaScript. */
export async function bundleServer(folder: string): Promise<Program> {
  const file = join(folder, 'tcp.js');
  await build({
    entryPoints: [join(__dirname, 'server.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
  });
  const version = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return { file, version: version.slice(0, 12) };
}
