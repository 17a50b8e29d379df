import { Order, tell, type WorkerMessage } from './messages';
import type { BeesOptions } from './options';
import { swarmOf, until } from './run';

const TELL_MS = 500;

/** One of several processes: does what its coordinator says over IPC, and tells what it came to. */
export async function work(options: BeesOptions): Promise<number> {
  const say = (message: WorkerMessage): void => tell(message);
  const swarm = swarmOf(options, (broken) => say({ broken }));
  const stopped = new AbortController();
  const stop = (): void => {
    stopped.abort();
    swarm.stop();
  };
  const begin = new Promise<number>((resolve) => {
    process.on('message', (message) => {
      const { data } = Order.safeParse(message);
      if (data === undefined) return;
      if ('start' in data) resolve(data.start);
      else if ('release' in data) swarm.release();
      else {
        stop();
        resolve(0);
      }
    });
    process.on('disconnect', () => {
      stop();
      resolve(0);
    });
  });
  // Ctrl-C in a terminal reaches every process; the coordinator says what is to be done.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  say({ ready: true });
  await until(await begin, stopped.signal);
  const telling = setInterval(() => say({ progress: swarm.progress() }), TELL_MS);
  await swarm.run();
  clearInterval(telling);
  say({ progress: swarm.progress() });
  const last: WorkerMessage = { result: swarm.result(), fatal: swarm.fatal?.message ?? null };
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(last, undefined, undefined, () => resolve());
  });
  return 0;
}
