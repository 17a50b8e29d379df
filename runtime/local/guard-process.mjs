// Cleans up after the process that started it, whichever way that one ends, SIGKILL included: once the IPC channel closes, what
// was named and not taken back is killed (a stopped process cannot end itself), folders are removed, and the guard ends too.
// Plain JavaScript, so that it starts without a loader. Messages: see guard.ts.
import { rmSync } from 'node:fs';

const pids = new Set();
const folders = new Set();

process.on('message', ({ watch, unwatch, folder }) => {
  if (watch !== undefined) pids.add(watch);
  if (unwatch !== undefined) pids.delete(unwatch);
  if (folder !== undefined) folders.add(folder);
});

process.on('disconnect', () => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
