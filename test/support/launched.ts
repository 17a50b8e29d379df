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

  /**
   * Processes that were started from it, itself included, and still run (Linux only): by its folder in their environment, or in
   * their title, as Redis overwrites its environment with that.
   */
  processes(): number[] {
    const marked = `TMPDIR=${this.folder}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => read(pid, 'environ').split('\0').includes(marked) || read(pid, 'cmdline').includes(this.folder))
      .map(Number);
  }

  /** Files that it left. */
  files(): string[] {
    return readdirSync(this.folder);
  }

  /** Ends what is left, for tests that failed; removes the folder. */
  cleanUp(): void {
    for (const pid of this.processes()) kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function read(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended, or it is not ours.
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // One of those killed before was its parent, or its guard.
  }
}
