import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '..');
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const SUFFIX = '.template.json';

/**
 * Runs a program and waits for it.
 * @throws its own message when it fails.
 */
export function run(program: string, args: readonly string[], cwd: string): void {
  // Of templates: it takes seconds, and is done when they are written to be deployed.
  const env = { ...process.env, CDK_VALIDATION: 'false' };
  const { status, error, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? (stderr || `${program} ended with ${status}`));
}

/** Writes the templates of the project in `folder`; `context` are options of the CDK, e.g. `-c instanceNum=50`. */
export function synthesise(folder: string, output: string, context: readonly string[] = []): void {
  run(process.execPath, [CDK, 'synth', '--quiet', '--output', output, ...context], folder);
}

/**
 * The stacks whose templates are in a folder.
 * @param chosen names, in which * stands for anything; none: all.
 * @throws when a name fits none.
 */
export function stacksIn(output: string, chosen: readonly string[]): string[] {
  const files = readdirSync(output).filter((file) => file.endsWith(SUFFIX));
  const stacks = files.map((file) => file.slice(0, -SUFFIX.length)).sort();
  const fits = (name: string) => {
    const pattern = new RegExp(`^${name.replaceAll(/[^\w*-]/g, '\\$&').replaceAll('*', '.*')}$`);
    return stacks.filter((stack) => pattern.test(stack));
  };
  const unknown = chosen.filter((name) => fits(name).length === 0);
  if (unknown.length > 0) throw new Error(`There is no stack ${unknown.join(', ')}; there are ${stacks.join(', ')}`);
  return chosen.length === 0 ? stacks : [...new Set(chosen.flatMap(fits))];
}

export interface Comparison {
  readonly stacks: readonly string[];
  /** Folders with templates; a stack that is missing from `before` is compared with an empty one, and so are all when there is none. */
  readonly before: string | null;
  readonly after: string;
  /** Further options of `cdk diff`. */
  readonly options: readonly string[];
}

/**
 * Prints what changes from `before` to `after`; asks nobody.
 * @returns the highest of the CDK's exit codes.
 */
export async function compare({ stacks, before, after, options }: Comparison): Promise<number> {
  const none = join(after, 'none.json');
  writeFileSync(none, '{}');
  const color = process.stdout.isTTY ? ['--color'] : [];
  const differences = stacks.map((stack) => {
    const template = before === null ? none : join(before, `${stack}${SUFFIX}`);
    const given = ['--exclusively', '--app', after, '--template', existsSync(template) ? template : none];
    return output(['diff', stack, ...given, ...color, ...options]);
  });
  let worst = 0;
  for (const difference of differences) {
    const { code, stdout, stderr } = await difference;
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    worst = Math.max(worst, code);
  }
  return worst;
}

function output(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CDK, ...args], { cwd: ROOT, maxBuffer: 2 ** 28 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 1, stdout, stderr }),
    );
  });
}
