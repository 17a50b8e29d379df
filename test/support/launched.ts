import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';

/** A command that runs as a process group of its own, with its own temporary folder, so that what it leaves behind can be found. */
export class Launched {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'rf-'));
    const { REDIS_URL: _, ...ours } = process.env;
    this.child = spawn(command, args, {
      env: { ...ours, TMPDIR: this.folder, TSX_DISABLE_CACHE: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Waits for words in its output. */
  async prints(words: string | RegExp, withinMs = 20_000): Promise<void> {
    const there = () => (typeof words === 'string' ? this.output.includes(words) : words.test(this.output));
    await eventually(`${words} is printed`, there, withinMs).catch((error: Error) => {
      throw new Error(`${error.message}; what was printed:\n${this.output}`);
    });
  }

  /** Processes that were started from it, itself included, and still run (by the folder in their environment; Linux only). */
  processes(): number[] {
    const marked = `TMPDIR=${this.folder}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && environment(name).includes(marked))
      .map(Number);
  }

  /** Files that it left. */
  files(): string[] {
    return readdirSync(this.folder);
  }

  /** Ends what is left, for tests that failed; removes the folder. */
  cleanUp(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function environment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // It has ended, or it is not ours.
    return [];
  }
}
