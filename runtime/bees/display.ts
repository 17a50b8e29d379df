import type { WriteStream } from 'node:tty';
import { describeProgress, type Progress, type ProgressMessage } from './progress';

/** Intervals in milliseconds. */
const LIVE_MS = 250;
const LINE_MS = 2_000;
const MESSAGE_MS = 1_000;

/**
 * Shows the progress while it lasts: a line that is rewritten on a terminal, else a line every 2 s; and over IPC once a second to the
 * process that started this one, if it did. Returns what ends it.
 */
export function showProgress(
  out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>,
  progress: () => Progress,
): () => void {
  const show = out.isTTY
    ? () => out.write(`\r\x1b[2K${describeProgress(progress()).slice(0, Math.max(20, (out.columns || 80) - 1))}`)
    : () => out.write(`${describeProgress(progress())}\n`);
  const tell = (): void => {
    const message: ProgressMessage = { progress: progress() };
    // The supervisor may be gone just now; that is seen by "disconnect".
    process.send?.(message, undefined, undefined, () => {});
  };
  const timers = [setInterval(show, out.isTTY ? LIVE_MS : LINE_MS), setInterval(tell, MESSAGE_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
    if (out.isTTY) out.write('\r\x1b[2K');
  };
}
