import { field, text } from '../client/shape';

/** Tries before an API that was never there is given up; about two seconds in all when the port is closed. */
const TRIES = 4;
const PAUSE_MS = 500;
const TIMEOUT_MS = 2_000;

/** Asks the API for its health before hundreds of players ask it for anything. Null when it answers, else what is wrong. */
export async function unreachable(api: string, signal: AbortSignal): Promise<string | null> {
  let why = '';
  for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    try {
      const response = await fetch(`${api.replace(/\/+$/, '')}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      await response.text();
      if (response.ok) return null;
      why = `GET /healthz answers ${response.status}`;
    } catch (error) {
      why = reason(error);
    }
  }
  return signal.aborted
    ? null
    : `The API at ${api} cannot be reached: ${why}. Is the cluster up? "npm start" brings up a local one.`;
}

function reason(error: unknown): string {
  const cause = field(error, 'cause') ?? error;
  // The error of several addresses tried has a code, but no message.
  return text(cause, 'message') || text(cause, 'code') || String(cause);
}
