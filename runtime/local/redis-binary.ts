import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Debian's and Ubuntu's packages that the server binary needs; `redis-server` is the same binary as redis-check-rdb. */
const PACKAGES = ['redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'];

export interface RedisBinary {
  readonly path: string;
  /** To be added to the environment: where the libraries of an unpacked binary are. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds a Redis server binary: `valkey-server` or `redis-server` on the PATH, else one unpacked before into the cache folder,
 * else installs it the way the platform does, without touching the system: `apt-get download` and `dpkg-deb -x` into the cache
 * folder on Debian and Ubuntu (no root needed), `brew install valkey` on macOS. Says what it does through `say`.
 * @throws when none of these works, with what to install; or when `signal` says to give up.
 */
export async function ensureRedisBinary(say: (line: string) => void, signal?: AbortSignal): Promise<RedisBinary> {
  const onPath = await findOnPath(['valkey-server', 'redis-server']);
  if (onPath !== null) return { path: onPath, env: {} };
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'realtime-fleet', 'redis');
  const cached = await unpacked(folder);
  if (cached !== null) return cached;
  if (await findOnPath(['apt-get']).then((apt) => apt !== null)) {
    say(
      'No Redis on this machine: unpacking one from the distribution into the cache folder (the system stays as it is).',
    );
    await unpackDebian(folder, signal);
    const fresh = await unpacked(folder);
    if (fresh !== null) return fresh;
  } else if (await findOnPath(['brew']).then((brew) => brew !== null)) {
    say('No Redis on this machine: installing it with "brew install valkey".');
    await exec('brew', ['install', 'valkey'], { signal });
    const brewed = await findOnPath(['valkey-server']);
    if (brewed !== null) return { path: brewed, env: {} };
  }
  throw new Error(
    'No Redis found. Install Redis or Valkey so that "redis-server" or "valkey-server" is on the PATH, or set REDIS_URL.',
  );
}

/** The first of these programs on the PATH; null when there is none. */
export async function findOnPath(names: readonly string[]): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      if (await executable(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function unpacked(folder: string): Promise<RedisBinary | null> {
  const path = join(folder, 'usr', 'bin', 'redis-server');
  if (!(await executable(path))) return null;
  const libRoot = join(folder, 'usr', 'lib');
  const libs = (await readdir(libRoot)).map((triplet) => join(libRoot, triplet));
  return { path, env: { LD_LIBRARY_PATH: [...libs, process.env.LD_LIBRARY_PATH ?? ''].filter(Boolean).join(':') } };
}

async function unpackDebian(folder: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'realtime-fleet-redis-'));
  try {
    await download(work, signal);
    const tree = join(work, 'tree');
    for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
      await exec('dpkg-deb', ['-x', join(work, file), tree], { signal });
    }
    await symlink('redis-check-rdb', join(tree, 'usr', 'bin', 'redis-server')).catch(() => undefined);
    // Into place in one step (copied first, as the temporary folder may be on another file system): a second start at the same time finds all or nothing.
    const staged = `${folder}.${process.pid}`;
    await exec('cp', ['-a', tree, staged]);
    await rename(staged, folder).catch(() => rm(staged, { recursive: true, force: true }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, signal: AbortSignal | undefined): Promise<void> {
  const get = () => exec('apt-get', ['download', ...PACKAGES], { cwd: work, signal });
  try {
    await get();
  } catch (first) {
    signal?.throwIfAborted();
    // The package lists are missing or old; only root may refresh them.
    if (process.getuid?.() !== 0) {
      throw new Error('Redis could not be downloaded: run "apt-get update" as root once, or install redis-server.', {
        cause: first,
      });
    }
    await exec('apt-get', ['update'], { signal });
    await get();
  }
}
