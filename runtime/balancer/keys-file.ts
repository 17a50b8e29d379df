import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { envMistakes } from '../program';
import { watchedFiles } from '../watched-files';
import { KeyVariables } from './env';
import type { KeyRing } from './key-ring';

/**
 * Keeps the key ring at what a file says: lines `NAME=VALUE`, all three of `MASTER_KEYS`, `AGENT_PRIVATE_KEY` and `API_KEYS`. A
 * file that is missing or wrong changes nothing, and is complained about once. Resolves when it was read for the first time.
 * @returns how to stop.
 */
export async function followKeysFile(file: string, ring: KeyRing, log: Logger): Promise<() => void> {
  let lastProblem: string | null = null;
  return watchedFiles([file], async () => {
    const problem = await readFile(file, 'utf8').then(
      (text) => take(text, ring),
      (error: Error) => error.message,
    );
    if (problem === null) log.info({ file }, 'the keys are those of the file');
    else if (problem !== lastProblem)
      log.error({ file, problem }, 'the keys file is not usable; the keys stay as they are');
    lastProblem = problem;
  });
}

/** What is wrong with the text; null when its keys are taken. */
function take(text: string, ring: KeyRing): string | null {
  const pairs = text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2));
  const parsed = KeyVariables.safeParse(Object.fromEntries(pairs));
  if (!parsed.success) return envMistakes(parsed.error).trim();
  const { MASTER_KEYS: masterKeys, AGENT_PRIVATE_KEY: agentKeys, API_KEYS: apiKeys } = parsed.data;
  ring.replace({ masterKeys, agentKeys, apiKeys });
  return null;
}
