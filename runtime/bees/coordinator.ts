import { type ChildProcess, fork } from 'node:child_process';
import type { Broken } from './broken';
import { type Order, WorkerMessage } from './messages';
import { addProgress, type Progress } from './progress';
import { mergeResults, type RunResult } from './result';

/** The workers begin so long after the last of them is ready, in milliseconds. */
const AHEAD_MS = 300;

/** How long workers may take to tell what they came to, once they are to stop, in milliseconds. */
const STOP_LIMIT_MS = 10_000;

export interface CoordinatorOptions {
  /** The program of a worker, and its arguments by index. */
  readonly file: string;
  readonly args: (index: number) => readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
  readonly count: number;
  readonly onBroken: (broken: Broken) => void;
}

interface Worker {
  readonly child: ChildProcess;
  progress: Progress | null;
  result: RunResult | null;
}

/** Several processes of bees that begin at the same moment, and are one run. */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #workers: Worker[] = [];
  readonly #over: Promise<void>;
  #settle: (error?: Error) => void = () => {};
  #ready = 0;
  #fatal: string | null = null;
  #limit: NodeJS.Timeout | undefined;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#over = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#over.catch(() => {});
  }

  /** What made it pointless to go on, e.g. a wrong API key; null for nothing. */
  get fatal(): string | null {
    return this.#fatal;
  }

  /** All of them together; null before the first has told. */
  progress(): Progress | null {
    return addProgress(this.#workers.flatMap(({ progress }) => (progress === null ? [] : [progress])));
  }

  /**
   * Starts the workers; resolves with what all of them came to. Call it once.
   * @throws when one of them ended without telling what it came to; the others are ended then
   */
  async run(): Promise<RunResult> {
    for (let index = 0; index < this.#options.count; index++) this.#workers.push(this.#start(index));
    try {
      await this.#over;
      return mergeResults(this.#workers.flatMap(({ result }) => (result === null ? [] : [result])));
    } finally {
      clearTimeout(this.#limit);
      for (const { child } of this.#workers) child.kill('SIGKILL');
    }
  }

  /** Those who gathered may leave. */
  release(): void {
    this.#tell({ release: true });
  }

  /** All are to stop; `run` resolves with what was until then. */
  stop(): void {
    if (this.#limit !== undefined) return;
    this.#tell({ stop: true });
    this.#limit = setTimeout(
      () => this.#settle(new Error('the processes do not stop; they were killed')),
      STOP_LIMIT_MS,
    );
  }

  #start(index: number): Worker {
    const { file, args, env, execArgv } = this.#options;
    const child = fork(file, [...args(index)], {
      env: { ...env },
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const worker: Worker = { child, progress: null, result: null };
    child.on('message', (message) => this.#onMessage(worker, WorkerMessage.parse(message)));
    child.on('error', (error) => this.#settle(error));
    child.on('exit', (code, signal) => {
      if (worker.result === null) {
        this.#settle(
          new Error(`process ${index + 1} of ${this.#options.count} ended (${signal ?? `exit code ${code}`})`),
        );
      }
    });
    return worker;
  }

  #onMessage(worker: Worker, message: WorkerMessage): void {
    if ('ready' in message) {
      this.#ready += 1;
      if (this.#ready === this.#options.count) this.#tell({ start: Date.now() + AHEAD_MS });
    } else if ('progress' in message) worker.progress = message.progress;
    else if ('broken' in message) this.#options.onBroken(message.broken);
    else {
      worker.result = message.result;
      this.#fatal ??= message.fatal;
      if (message.fatal !== null) this.stop();
      if (this.#workers.every(({ result }) => result !== null)) this.#settle();
    }
  }

  #tell(order: Order): void {
    for (const { child } of this.#workers) if (child.connected) child.send(order, () => {});
  }
}
