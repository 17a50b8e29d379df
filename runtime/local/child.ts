import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Guard } from './guard';

export interface ChildOptions {
  /** JavaScript file to run with this Node. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly guard: Guard;
  /** A line that it wrote, to standard output or standard error. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  /** A message over IPC, besides the one that announces readiness. */
  readonly onMessage?: (message: unknown) => void;
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  /** -1 when it could not be started. */
  readonly pid: number;
  /** The ports that it announced; rejects when it ends before. */
  readonly ready: Promise<Ports>;
  /** Settles once, after the last line; never rejects. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL to what is left after the limit (in milliseconds). Resolves when it has ended. */
  stop(limitMs: number): Promise<Exit>;
  /** SIGKILL: also ends a stopped process. */
  kill(): void;
}

const Port = z.int().min(0).max(65_535);
const ReadyMessage = z.object({ ready: z.literal(true), port: Port, metricsPort: Port.optional() });

/** Where a program listens; `metricsPort` is missing when it serves no metrics on a port of their own. */
export type Ports = Pick<z.infer<typeof ReadyMessage>, 'port' | 'metricsPort'>;

/** Starts one program as a process with an IPC channel; when the channel breaks, programs end by themselves. */
export function startChild(options: ChildOptions): Child {
  const child = fork(options.file, options.args ?? [], {
    env: { ...options.env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // In a process group of its own: Ctrl-C is for the supervisor, which ends the others in their order.
    detached: true,
  });
  const pid = child.pid ?? -1;
  if (pid > 0) options.guard.watch(pid);
  if (child.stdout !== null) eachLine(child.stdout, (line) => options.onLine(line, 'stdout'));
  if (child.stderr !== null) eachLine(child.stderr, (line) => options.onLine(line, 'stderr'));
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      if (pid > 0) options.guard.unwatch(pid);
      resolve({ code, signal });
    });
    child.on('error', (error) => {
      if (pid > 0) return;
      options.onLine(`could not be started: ${error.message}`, 'stderr');
      resolve({ code: 1, signal: null });
    });
  });
  const ready = new Promise<Ports>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = ReadyMessage.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else options.onMessage?.(message);
    });
    void exited.then((exit) => reject(new Error(`ended before it was ready (${describeExit(exit)})`)));
  });
  ready.catch(() => undefined);
  return {
    pid,
    ready,
    exited,
    stop: (limitMs) => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), limitMs);
      return exited.finally(() => clearTimeout(force));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code}` : exit.signal;
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}
