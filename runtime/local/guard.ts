import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A small process that outlives this one by a moment and removes what is left of it, also after a SIGKILL. */
export interface Guard {
  /** From now on this process is killed when ours is gone. */
  watch(pid: number): void;
  /** It has ended: its number may be given to another process. */
  unwatch(pid: number): void;
  /** This folder is removed when our process is gone. */
  folder(path: string): void;
  /** Does now what it would do at our end; resolves when the guard itself has ended. */
  stop(): Promise<void>;
}

/** Starts a guard. It is in a process group of its own, so that a signal to ours does not reach it. */
export function startGuard(): Guard {
  const child = fork(join(__dirname, 'guard-process.mjs'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  const ended = once(child, 'exit').catch(() => undefined);
  child.unref();
  child.channel?.unref();
  const tell = (message: { watch: number } | { unwatch: number } | { folder: string }) => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    watch: (pid) => tell({ watch: pid }),
    unwatch: (pid) => tell({ unwatch: pid }),
    folder: (path) => tell({ folder: path }),
    stop: async () => {
      child.ref();
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
