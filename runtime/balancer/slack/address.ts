import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { WebhookUrl } from '../../notify/slack';
import { watchedFiles } from '../../watched-files';
import type { SlackVariables } from './variables';

/** The webhook's address: a fixed one, or what a file says at present. */
export interface Address {
  /** Null: not known (yet). */
  readonly url: () => string | null;
  stop(): void;
}

/** Null: Slack is not wanted. A file that is missing or wrong is complained about once, and turns Slack off until it is mended. */
export async function webhookAddress(variables: SlackVariables, log: Logger): Promise<Address | null> {
  const { SLACK_WEBHOOK_URL: fixed, SLACK_WEBHOOK_FILE: file } = variables;
  if (fixed !== undefined) return { url: () => fixed, stop: () => undefined };
  if (file === undefined) return null;
  let url: string | null = null;
  let lastProblem: string | null = null;
  const stop = await watchedFiles([file], async () => {
    const { address, problem } = await read(file);
    url = address;
    if (problem !== null && problem !== lastProblem) log.error({ file, problem }, 'no message goes to Slack');
    lastProblem = problem;
  });
  return { url: () => url, stop };
}

async function read(file: string): Promise<{ address: string | null; problem: string | null }> {
  try {
    const parsed = WebhookUrl.safeParse(await readFile(file, 'utf8'));
    if (parsed.success) return { address: parsed.data, problem: null };
    return { address: null, problem: parsed.error.issues.map(({ message }) => message).join(', ') };
  } catch (error) {
    return { address: null, problem: error instanceof Error ? error.message : String(error) };
  }
}
