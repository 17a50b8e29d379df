import { z } from 'zod';

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): boolean };

/** Where lines go: standard output; on a terminal with a block at the end that is rewritten in place. */
export class Terminal {
  readonly #out: Output;
  #block: readonly string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  /** Whether the block can be rewritten in place. */
  get live(): boolean {
    return this.#out.isTTY === true;
  }

  /** Prints lines for good, above the block. */
  say(...lines: readonly string[]): void {
    this.#out.write(`${this.#erased()}${[...lines, ...this.#block].map((line) => `${line}\n`).join('')}`);
  }

  /** Replaces the block; where nothing can be rewritten, nothing is shown. */
  show(...lines: readonly string[]): void {
    if (!this.live) return;
    const width = this.#out.columns || 80;
    const erased = this.#erased();
    this.#block = lines.map((line) => line.slice(0, width - 1));
    this.#out.write(`${erased}${this.#block.map((line) => `${line}\n`).join('')}`);
  }

  #erased(): string {
    return this.#block.length === 0 ? '' : `\u001b[${this.#block.length}A\u001b[J`;
  }
}

const LogLine = z.object({
  level: z.number(),
  msg: z.string().default(''),
  err: z.object({ message: z.string() }).optional(),
});

/** Whether a person wants to see this line: a warning, worse, a decision to scale, or no log line at all. */
export function isNotable(line: string): boolean {
  const parsed = LogLine.safeParse(fromJson(line));
  if (!parsed.success) return true;
  const { level, msg } = parsed.data;
  return level >= 40 || (msg.startsWith('scaling-') && !msg.startsWith('scaling-unchanged'));
}

/** A program's JSON log line in words: level, message, error; any other line as it is. */
export function readable(line: string): string {
  const parsed = LogLine.safeParse(fromJson(line));
  if (!parsed.success) return line;
  const { level, msg, err } = parsed.data;
  const name = level >= 60 ? 'fatal' : level >= 50 ? 'error' : level >= 40 ? 'warning' : 'info';
  return `${name}: ${msg}${err === undefined || err.message === msg ? '' : ` (${err.message})`}`;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
