import { type FetchFunction, IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';
import { z } from 'zod';
import type { SlackMessage } from './blocks';
import type { Outcome } from './outbox';
import { scrubbed } from './webhook-url';

/** How a message went, and what to write into the log when it did not go well; it holds no part of the address. */
export type Posted = Outcome & { readonly problem: string | null };

/** One attempt, the whole of it, in milliseconds. */
export const POST_TIMEOUT_MS = 5_000;
/** Slack says no more than a word; of anybody else's answer this much is read, in bytes. */
const MOST_READ = 200;
/** The longest pause that an answer may ask for, in milliseconds. */
const MOST_RETRY_AFTER_MS = 600_000;
/** After an answer that will be the same tomorrow (the webhook was removed), in milliseconds. */
const HOPELESS_PAUSE_MS = 300_000;
/** Nobody has got a message if the connection was not even there. */
const NOT_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Sends one message, once. Never rejects. */
export async function post(url: string, message: SlackMessage, timeoutMs = POST_TIMEOUT_MS): Promise<Posted> {
  let retryAfterMs: number | null = null;
  let failure: unknown;
  const careful: FetchFunction = async (address, init) => {
    const response = await fetch(address, init).catch((error) => {
      failure = error;
      throw error;
    });
    retryAfterMs = seconds(response.headers.get('retry-after'));
    const { status } = response;
    return new Response(response.ok ? ignored(response) : await beginning(response), { status });
  };
  try {
    const { text, blocks } = message;
    // The library's own types of blocks can be written to; ours can not.
    await new IncomingWebhook(url, { timeout: timeoutMs, fetch: careful }).send({
      text,
      blocks: structuredClone([...blocks]),
    });
    return { kind: 'delivered', problem: null };
  } catch (error) {
    const { problem, ...outcome } = judged(error, failure, retryAfterMs);
    return { ...outcome, problem: scrubbed(problem, url) };
  }
}

function judged(error: unknown, failure: unknown, retryAfterMs: number | null): Outcome & { problem: string } {
  if (error instanceof IncomingWebhookHTTPError) {
    const { statusCode, body } = error;
    const hopeless = statusCode < 500 && statusCode !== 429 && statusCode !== 408;
    const problem = `answered ${statusCode}: ${body.replace(/\s+/g, ' ')}`;
    // A proxy that waited in vain does not know either.
    return {
      kind: statusCode === 504 ? 'unclear' : 'refused',
      retryAfterMs: retryAfterMs ?? (hopeless ? HOPELESS_PAUSE_MS : null),
      problem,
    };
  }
  const code = codeOf(failure ?? error);
  return { kind: NOT_SENT.has(code) ? 'refused' : 'unclear', retryAfterMs: null, problem: `no answer: ${code}` };
}

/** Whatever was thrown, perhaps by another part of the engine: `instanceof` does not know it there. */
const Thrown = z.object({ name: z.unknown(), code: z.unknown(), message: z.unknown(), cause: z.unknown() }).partial();

/** A word for what went wrong: messages may name the address. */
function codeOf(error: unknown): string {
  const { data } = Thrown.safeParse(error);
  if (data === undefined) return 'unknown';
  if (data.name === 'TimeoutError') return 'it took too long';
  if (typeof data.code === 'string') return data.code;
  return data.cause === undefined ? String(data.message) : codeOf(data.cause);
}

/** The status says it all; who sends without end is not listened to. */
function ignored(response: Response): null {
  response.body?.cancel().catch(() => undefined);
  return null;
}

/** What an error answer says at first; one that breaks off half way has said enough, too. */
async function beginning(response: Response): Promise<string | null> {
  const reader = response.body?.getReader();
  const chunk = await reader?.read().catch(() => undefined);
  reader?.cancel().catch(() => undefined);
  return new TextDecoder().decode(chunk?.value?.subarray(0, MOST_READ)) || null;
}

/** Of the header, which may also be a date: those are left to our own pauses. */
function seconds(retryAfter: string | null): number | null {
  if (retryAfter === null || !/^\d{1,9}$/.test(retryAfter.trim())) return null;
  return Math.min(Number(retryAfter) * 1_000, MOST_RETRY_AFTER_MS);
}
