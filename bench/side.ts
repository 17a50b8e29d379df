import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { z } from 'zod';

/** A process of a measurement: each side has a core, a heap and a compiler of its own. */
export class Side {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  #heard = (): void => {};

  /** @param setup goes to the program as its argument, as JSON */
  constructor(file: string, setup: object, execArgv: readonly string[] = []) {
    const env = { ...process.env, NODE_ENV: 'production' };
    this.#child = fork(file, [JSON.stringify(setup)], { env, execArgv: [...execArgv] });
    this.#child.on('message', (message) => {
      this.#messages.push(message);
      this.#heard();
    });
    this.#child.on('exit', () => this.#heard());
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The next message. @throws when the process ends before */
  async next<T>(schema: z.ZodType<T>): Promise<T> {
    while (this.#messages.length === 0) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error(`a side ended with ${exitCode ?? signalCode}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return schema.parse(this.#messages.shift());
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** Ends the process; resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Bundles a side as the programs are bundled: what is measured is what instances run. */
export async function bundled(name: string): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const file = join(folder, 'side.js');
  await build({
    entryPoints: [join(__dirname, name)],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
