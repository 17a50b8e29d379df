import type { WriteStream } from 'node:tty';
import { tell } from './messages';
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
  current: () => Progress | null,
): () => void {
  const show = (): void => {
    const progress = current();
    if (progress === null) return;
    const line = describeProgress(progress);
    out.write(out.isTTY ? `\r\x1b[2K${line.slice(0, Math.max(20, (out.columns || 80) - 1))}` : `${line}\n`);
  };
  const pass = (): void => {
    const progress = current();
    if (progress !== null) tell({ progress } satisfies ProgressMessage);
  };
  const timers = [setInterval(show, out.isTTY ? LIVE_MS : LINE_MS), setInterval(pass, MESSAGE_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
    if (out.isTTY) out.write('\r\x1b[2K');
  };
}
