import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Guard, startGuard } from './guard';
import { ensureRedisBinary } from './redis-binary';

export interface PrivateRedis {
  /** What to give to programs as REDIS_URL: a Unix socket's path. */
  readonly url: string;
  /** Null when an outside Redis (REDIS_URL) is used. */
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

/**
 * Starts a Redis of our own on a Unix socket in a temporary folder, without persistence; or uses REDIS_URL where it is set.
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
  if (child.pid !== undefined) guard.watch(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const cleanUp = async () => {
    // A paused process takes no SIGTERM; there is nothing to save, so SIGKILL is clean.
    child.kill('SIGKILL');
    await exited;
    if (child.pid !== undefined) guard.unwatch(child.pid);
    await rm(folder, { recursive: true, force: true });
    if (options.guard === undefined) await guard.stop();
  };
  try {
    await accepting(socket, exited, options.signal);
  } catch (error) {
    await cleanUp();
    options.signal?.throwIfAborted();
    throw new Error(`Redis (${binary.path}) did not start: ${output.trim()}`, { cause: error });
  }
  return { url: socket, process: child, stop: cleanUp };
}

async function accepting(socket: string, exited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
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
