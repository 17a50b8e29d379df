import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Guard } from './guard';

/** What a command in another terminal needs to speak to the running cluster. */
const Running = z.object({
  /** The control API, with its token as the password. */
  control: z.url(),
  /** Addresses of the balancers' private ports. */
  operators: z.array(z.url()),
  apiKey: z.string(),
});
type Running = z.infer<typeof Running>;

/** By port of the API; readable by this user only, as the token is in it. */
function fileOf(port: number, folder: string): string {
  return join(folder, `${prefix()}${port}.json`);
}

function prefix(): string {
  return `realtime-fleet-${process.getuid?.() ?? 'user'}-`;
}

/** Ports of the APIs of this user's clusters that run, or were killed so that they could not say that they do not. */
export async function runningPorts(folder = tmpdir()): Promise<number[]> {
  const files = await readdir(folder).catch(() => []);
  const ports = files.flatMap((file) => {
    const port = file.startsWith(prefix()) ? /^(\d+)\.json$/.exec(file.slice(prefix().length))?.[1] : undefined;
    return port === undefined ? [] : [Number(port)];
  });
  return ports.sort((a, b) => a - b);
}

/**
 * Leaves word of the running cluster; removed by what is returned, or by the guard.
 * @param folder @default the system's for temporary files
 */
export async function announce(
  port: number,
  running: Running,
  guard: Pick<Guard, 'folder'>,
  folder = tmpdir(),
): Promise<() => Promise<void>> {
  const file = fileOf(port, folder);
  const remove = () => rm(file, { force: true });
  // Of a cluster that was killed together with its guard: the port is ours now.
  await remove();
  guard.folder(file);
  await writeFile(file, JSON.stringify(running), { mode: 0o600, flag: 'wx' });
  return remove;
}

/** @throws when no cluster runs whose API has this port. */
export async function findRunning(port: number, folder = tmpdir()): Promise<Running> {
  try {
    return Running.parse(JSON.parse(await readFile(fileOf(port, folder), 'utf8')));
  } catch {
    throw new Error(`No local cluster has its API on port ${port}: start one with "npm start", or name its --port`);
  }
}
