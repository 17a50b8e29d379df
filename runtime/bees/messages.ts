import { z } from 'zod';
import { Broken } from './broken';
import { Progress } from './progress';
import { RunResult } from './result';

/** What a worker tells its coordinator, over IPC. */
export const WorkerMessage = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ progress: Progress }),
  z.object({ broken: Broken }),
  /** It is over; `fatal`: what made it pointless to go on. */
  z.object({ result: RunResult, fatal: z.string().nullable() }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;

/** What a coordinator tells its workers. */
export const Order = z.union([
  /** Begin at this moment, Unix milliseconds. */
  z.object({ start: z.number() }),
  z.object({ release: z.literal(true) }),
  z.object({ stop: z.literal(true) }),
]);
export type Order = z.infer<typeof Order>;

/** To the process that started this one, if it did; it may be gone just now, which is seen by "disconnect". */
export function tell(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}
