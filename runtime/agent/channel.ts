import type { Server } from 'socket.io';
import type { z } from 'zod';
import {
  AGENT_NAMESPACE,
  type HelloReply,
  KeysRequest,
  Order,
  type OrderReply,
  type StatsReply,
  StatsRequest,
} from '../core/protocol/agent';
import type { AgentLog } from './types';

/** Who answers on the agent channel. */
export interface Answers {
  hello(): HelloReply;
  setKeys(keys: KeysRequest): void;
  /** @param epoch of the owner that asks; undefined when it is not the owner. */
  stats(cursor: number, epoch?: number): StatsReply;
  order(order: Order): OrderReply;
}

/** What a malformed `keys` or `stats` is answered with; a malformed `order` gets an OrderReply with the same code and message. */
interface ErrorReply {
  readonly error: { readonly code: 'INVALID' | 'INTERNAL'; readonly message: string };
}

/** Serves the namespace `/agent`: every event is a request with an acknowledgement; one that wants no answer is ignored. */
export function serveChannel(io: Server, answers: Answers, log: AgentLog | undefined): void {
  io.of(AGENT_NAMESPACE).on('connection', (socket) => {
    const reply = (event: string, answer: (payload: unknown) => unknown): void => {
      socket.on(event, (...args: unknown[]) => {
        const acknowledge = args.at(-1);
        if (typeof acknowledge !== 'function') return;
        acknowledge(safely(() => answer(args.length > 1 ? args[0] : undefined), log));
      });
    };
    const invalid = (message: string): ErrorReply => ({ error: { code: 'INVALID', message } });
    reply('hello', () => answers.hello());
    reply('keys', (payload) =>
      parsed(payload, KeysRequest, invalid, (keys) => {
        answers.setKeys(keys);
        return { ok: true };
      }),
    );
    reply('stats', (payload) =>
      parsed(payload, StatsRequest, invalid, (request) => answers.stats(request.cursor, request.epoch)),
    );
    reply('order', (payload) =>
      parsed(
        payload,
        Order,
        (message): OrderReply => ({ ok: false, code: 'INVALID', message }),
        (order) => {
          const answer = answers.order(order);
          log?.info({ order, answer }, 'order');
          return answer;
        },
      ),
    );
  });
}

/** The server's own hooks (rooms) run inside the answers: their failure is theirs, not the process's. */
function safely(answer: () => unknown, log: AgentLog | undefined): unknown {
  try {
    return answer();
  } catch (error) {
    log?.error({ err: error }, 'an answer on the agent channel failed');
    return {
      error: { code: 'INTERNAL', message: 'the node failed to answer; it has been logged' },
    } satisfies ErrorReply;
  }
}

function parsed<T, A, B>(
  payload: unknown,
  schema: z.ZodType<T>,
  bad: (message: string) => A,
  good: (request: T) => B,
): A | B {
  const result = schema.safeParse(payload);
  if (result.success) return good(result.data);
  const mistakes = result.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
  return bad(mistakes.join('; ').slice(0, 1_000));
}
