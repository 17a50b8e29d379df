import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Guard, startGuard } from './guard';
import { ensureRedisBinary, type RedisBinary } from './redis-binary';

export interface PrivateRedis {
  /** What to give to programs as REDIS_URL: a Unix socket's path. */
  readonly url: string;
  /** The one that runs now; null when an outside Redis (REDIS_URL) is used. */
  readonly process: ChildProcess | null;
  stop(): Promise<void>;
}

interface RedisOptions {
  /** Who sees to it that Redis does not outlive this process, whichever way that ends. @default a guard of its own */
  readonly guard?: Guard;
  /** Gives up unpacking or starting. */
  readonly signal?: AbortSignal;
}

/** How long a private Redis may take to accept connections. */
const READY_LIMIT_MS = 10_000;

/** One that ended by itself is started again after this long, in milliseconds. */
const RESTART_AFTER_MS = 500;

/**
 * Starts a Redis of our own on a Unix socket in a temporary folder, without persistence, and again when it ends by itself; or uses
 * REDIS_URL where it is set.
 * @throws when there is no Redis on this machine and none can be had, or it does not start.
 */
export async function startPrivateRedis(
  say: (line: string) => void,
  options: RedisOptions = {},
): Promise<PrivateRedis> {
  const outside = process.env.REDIS_URL;
  if (outside !== undefined && outside !== '') return { url: outside, process: null, stop: async () => undefined };
  const binary = await ensureRedisBinary(say, options.signal);
  const guard = options.guard ?? startGuard();
  const folder = await mkdtemp(join(tmpdir(), 'realtime-fleet-'));
  guard.folder(folder);
  const socket = join(folder, 'redis.sock');
  let server = launch(binary, folder, socket, guard);
  let restart: NodeJS.Timeout | undefined;
  let stopped = false;
  /** As the fleet's own Redis would be replaced: empty, at the same address. */
  const keep = async (): Promise<void> => {
    const how = await server.exited;
    if (stopped) return;
    say(`Redis has ended by itself (${how}); another starts, empty`);
    restart = setTimeout(() => {
      server = launch(binary, folder, socket, guard);
      void keep();
    }, RESTART_AFTER_MS);
  };
  const stop = async () => {
    stopped = true;
    clearTimeout(restart);
    // A paused process takes no SIGTERM; there is nothing to save, so SIGKILL is clean.
    server.child.kill('SIGKILL');
    await server.exited;
    await rm(folder, { recursive: true, force: true });
    if (options.guard === undefined) await guard.stop();
  };
  try {
    await accepting(socket, server.exited, options.signal);
  } catch (error) {
    await stop();
    options.signal?.throwIfAborted();
    throw new Error(`Redis (${binary.path}) did not start: ${server.output().trim()}`, { cause: error });
  }
  void keep();
  return {
    url: socket,
    get process() {
      return server.child;
    },
    stop,
  };
}

interface Server {
  readonly child: ChildProcess;
  /** How it ended; never rejects. */
  readonly exited: Promise<string>;
  /** The last that it wrote. */
  readonly output: () => string;
}

function launch(binary: RedisBinary, folder: string, socket: string, guard: Guard): Server {
  const child = spawn(
    binary.path,
    [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
      '--maxclients',
      '4000',
    ],
    // In a process group of its own, so that Ctrl-C does not end it before those who use it.
    { env: { ...process.env, ...binary.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const { pid } = child;
  if (pid !== undefined) guard.watch(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
  }
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      if (pid !== undefined) guard.unwatch(pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });
  return { child, exited, output: () => output };
}

async function accepting(socket: string, exited: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!gone && !signal?.aborted && Date.now() < deadline) {
    if (await canConnect(socket)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(gone ? 'the process ended' : `no connection within ${READY_LIMIT_MS} ms`);
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
