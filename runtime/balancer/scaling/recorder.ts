import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { DecisionRecorder, RecordedStep } from '../../autoscaler/recording';

/** A recording ends at this size: 100 nodes make about a gigabyte a day. */
const MOST_BYTES = 2 ** 30;

export interface FileRecorder extends DecisionRecorder {
  stop(): Promise<void>;
}

/**
 * Writes each decision with all that went into it to `FOLDER/BALANCER.jsonl`, anew with each start; `npm run simulate:replay` reads it.
 * What cannot be written ends the recording with a line in the log, and nothing else.
 *
 * @throws when the folder cannot be made.
 */
export function recordTo(folder: string, balancerId: string, log: Logger, mostBytes = MOST_BYTES): FileRecorder {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${balancerId}.jsonl`);
  const stream = createWriteStream(file);
  let bytes = 0;
  let ended = false;
  const end = (why: string): void => {
    if (!ended) log.warn({ file }, `decisions are not recorded any more: ${why}`);
    ended = true;
  };
  stream.on('error', (error) => end(error.message));
  return {
    record: (step: RecordedStep) => {
      if (ended) return;
      const line = `${JSON.stringify(step)}\n`;
      bytes += line.length;
      if (bytes > mostBytes) {
        end(`the file has reached ${mostBytes} bytes`);
        stream.end();
      } else stream.write(line);
    },
    stop: async () => {
      if (ended) return;
      ended = true;
      await new Promise<void>((resolve) => stream.end(() => resolve()));
    },
  };
}
