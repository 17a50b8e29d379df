import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin, stop, version } from 'esbuild';
import { z } from 'zod';
import { buildPage } from './dashboard/build-page';

/** The programs; each has its `main.ts` in the folder of this name. */
export const PROGRAMS = ['balancer', 'lobby', 'game', 'bees'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

export interface Bundle {
  readonly name: ProgramName;
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
  /** Of the content, 12 hex digits: the version that a node says it runs. */
  readonly version: string;
}

export interface Bundles {
  readonly bundles: Readonly<Record<ProgramName, Bundle>>;
  /** False when the files of an earlier run were still right. */
  readonly built: boolean;
}

const ROOT = resolve(__dirname, '..');

/** What the files in dist/ were built from; written last, so that a build that was interrupted counts as none. */
const Stamp = z.object({
  /** Hash of everything that the result depends on. */
  sources: z.string(),
  /** Our own source files, relative to the project. */
  inputs: z.array(z.string()),
  bundles: z.array(z.object({ name: z.enum(PROGRAMS), bytes: z.number(), version: z.string() })),
});
type Stamp = z.infer<typeof Stamp>;

/**
 * Bundles each program into one file, the very file that instances get; does nothing when no source has changed.
 * @param outdir @default dist/ of the project
 * @throws with esbuild's messages when a program does not compile.
 */
export function bundle(outdir = join(ROOT, 'dist')): Promise<Bundles> {
  // Ends esbuild's process, also the one that loading TypeScript has started.
  return bundleInto(outdir).finally(stop);
}

async function bundleInto(outdir: string): Promise<Bundles> {
  const stampFile = join(outdir, '.stamp.json');
  const before = await readStamp(stampFile);
  if (before !== null && (await stillRight(before, outdir))) return { bundles: describe(before, outdir), built: false };
  const results = await Promise.all(PROGRAMS.map((name) => buildProgram(name)));
  await mkdir(outdir, { recursive: true });
  for (const result of results) await writeWhole(join(outdir, `${result.name}.js`), result.content);
  const inputs = [...new Set(results.flatMap((result) => result.inputs))].filter(isOurs).sort();
  const stamp: Stamp = {
    sources: await hashSources(inputs),
    inputs,
    bundles: results.map(({ name, content }) => ({ name, bytes: content.length, version: hash(content).slice(0, 12) })),
  };
  await writeWhole(stampFile, JSON.stringify(stamp));
  return { bundles: describe(stamp, outdir), built: true };
}

interface Built {
  readonly name: ProgramName;
  readonly content: Uint8Array;
  /** Every file that went in, relative to the project. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the game program with a plug-in of the user's in place of the reference game.
 * @param plugin path of its module, JavaScript or TypeScript, whose exports or default export is the plug-in.
 * @param outdir @default dist/ of the project
 * @returns the path of the file, which is named by its content.
 * @throws with esbuild's messages when it does not compile.
 */
export async function bundleGame(plugin: string, outdir = join(ROOT, 'dist')): Promise<string> {
  const { content } = await buildProgram('game', [withPlugin(resolve(plugin))]).finally(stop);
  const file = join(outdir, `game-${hash(content).slice(0, 12)}.js`);
  await mkdir(outdir, { recursive: true });
  await writeWhole(file, content);
  return file;
}

function withPlugin(file: string): Plugin {
  return {
    name: 'game-plugin',
    setup: ({ onLoad }) => {
      onLoad({ filter: /[/\\]game[/\\]built-in\.ts$/ }, () => ({
        // Not by name: what is exported, and how, is the plug-in's.
        contents: `export const builtIn = require(${JSON.stringify(file)});`,
        resolveDir: dirname(file),
        loader: 'js',
      }));
    },
  };
}

/** Builds one program in memory. */
export async function buildProgram(name: ProgramName, plugins: readonly Plugin[] = []): Promise<Built> {
  const pageInputs: string[] = [];
  const result: { metafile: Metafile; outputFiles: { contents: Uint8Array }[] } = await build({
    entryPoints: [join(ROOT, 'runtime', name, 'main.ts')],
    absWorkingDir: ROOT,
    outfile: `${name}.js`,
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [withPage(pageInputs), ...plugins],
  });
  const content = result.outputFiles[0]?.contents;
  if (content === undefined) throw new Error(`esbuild gave no output for ${name}`);
  return { name, content, inputs: [...Object.keys(result.metafile.inputs), ...pageInputs] };
}

/** Puts the finished live page into a program that serves it. @param inputs is told the files that the page was made of. */
function withPage(inputs: string[]): Plugin {
  return {
    name: 'page',
    setup: ({ onLoad }) => {
      onLoad({ filter: /[/\\]dashboard[/\\]page-files\.ts$/ }, async () => {
        const page = await buildPage();
        inputs.push('runtime/dashboard/build-page.ts', ...page.inputs);
        const files = JSON.stringify({ js: page.js, css: page.css });
        return { contents: `export const pageFiles = async () => (${files});`, loader: 'js' };
      });
    },
  };
}

/** Dependencies are covered by the hash of package-lock.json. */
function isOurs(path: string): boolean {
  return !path.split('/').includes('node_modules');
}

async function stillRight(stamp: Stamp, outdir: string): Promise<boolean> {
  const there = PROGRAMS.map((name) => access(join(outdir, `${name}.js`)));
  try {
    await Promise.all(there);
    return stamp.sources === (await hashSources(stamp.inputs));
  } catch {
    // A source or a bundle is gone.
    return false;
  }
}

async function hashSources(inputs: readonly string[]): Promise<string> {
  const files = ['package-lock.json', 'package.json', relative(ROOT, __filename), ...inputs];
  const contents = await Promise.all(files.map((file) => readFile(join(ROOT, file))));
  return hash(version, ...files.flatMap((file, index) => [file, hash(contents[index] ?? '')]));
}

function hash(...parts: (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

async function readStamp(file: string): Promise<Stamp | null> {
  try {
    return Stamp.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // None yet, or of another form.
    return null;
  }
}

function describe(stamp: Stamp, outdir: string): Record<ProgramName, Bundle> {
  const entries = PROGRAMS.map((name) => {
    const of = stamp.bundles.find((entry) => entry.name === name);
    return [name, { name, file: join(outdir, `${name}.js`), bytes: of?.bytes ?? 0, version: of?.version ?? '' }];
  });
  return Object.fromEntries(entries);
}

/** In one step, so that a process that starts meanwhile reads the old file or the new one. */
async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const staged = `${file}.${process.pid}`;
  await writeFile(staged, content);
  await rename(staged, file);
}

async function main(): Promise<void> {
  const { bundles, built } = await bundle();
  for (const { name, bytes, version: of } of Object.values(bundles)) {
    const size = `${Math.round(bytes / 1024)} KiB`;
    process.stdout.write(`${`dist/${name}.js`.padEnd(20)}${size.padStart(10)}  ${of}\n`);
  }
  if (!built) process.stdout.write('Nothing has changed since they were built.\n');
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
