import { z } from 'zod';
import type { Target } from './target';

/** Time limit of one request, in milliseconds: a kick waits 2 s for nodes that do not answer. */
const TIMEOUT_MS = 8_000;

const ErrorReply = z.object({ error: z.object({ message: z.string(), field: z.string().optional() }) });

/** Asks a balancer. When the first cannot be reached, the next; an order may then be given twice, which does no harm. */
export async function ask<T>(target: Target, path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
  let problem: unknown;
  for (const url of target.urls) {
    const response = await request(`${url}${path}`, target.apiKey, body).catch((error: unknown) => {
      problem = error;
      return null;
    });
    if (response !== null) return read(response, schema);
  }
  const reason = problem instanceof Error ? String(problem.cause ?? problem.message) : String(problem);
  throw new Error(`No balancer answers at ${target.urls.join(' or ')}: ${reason}`, { cause: problem });
}

function request(url: string, apiKey: string, body: object | undefined): Promise<Response> {
  return fetch(url, {
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function read<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new Error(`${response.url} is no balancer's private port, or one of another version`);
  }
  const refused = ErrorReply.safeParse(answer);
  if (!refused.success) throw new Error(`${response.url} answers ${response.status}: it is no balancer's private port`);
  throw new Error(refused.data.error.message);
}
