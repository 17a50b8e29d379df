import { unwatchFile, watchFile } from 'node:fs';

/** Files are looked at this often, in milliseconds; by their state and not by notification, so that a file that is replaced by another is seen. */
const LOOK_MS = 1_000;

/**
 * Runs `read` now, and again whenever one of the files has changed, come or gone; never twice at once. It must not reject.
 * Resolves when it has run for the first time.
 * @returns how to stop.
 */
export async function watchedFiles(files: readonly string[], read: () => Promise<void>): Promise<() => void> {
  let running: Promise<void> = Promise.resolve();
  const changed = () => {
    running = running.then(read);
  };
  for (const file of files) watchFile(file, { interval: LOOK_MS, persistent: false }, changed);
  changed();
  await running;
  return () => {
    for (const file of files) unwatchFile(file, changed);
  };
}
