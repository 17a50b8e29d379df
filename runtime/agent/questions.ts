import type { z } from 'zod';
import {
  AnyOrder,
  type HelloReply,
  KeysRequest,
  type MaintenanceNews,
  type OrderReply,
  type StatsReply,
  StatsRequest,
} from '../core/protocol/agent';
import type { AgentLog } from './types';

/** What a balancer asks a node, whatever carries the question. */
export const QUESTIONS = ['hello', 'keys', 'stats', 'order'] as const;
export type Question = (typeof QUESTIONS)[number];

/** Who answers them. */
export interface Answers {
  hello(): HelloReply;
  setKeys(keys: KeysRequest): void;
  /** @param epoch of the owner that asks; undefined when it is not the owner. */
  stats(cursor: number, epoch?: number, maintenance?: MaintenanceNews): StatsReply;
  order(order: AnyOrder): OrderReply;
}

/** What a malformed `keys` or `stats` is answered with; a malformed `order` gets an OrderReply with the same code and message. */
interface ErrorReply {
  readonly error: { readonly code: 'INVALID' | 'INTERNAL'; readonly message: string };
}

/** The answer to one question. Never throws: the server's own hooks (rooms) run inside, and their failure is theirs, not the process's. */
export function answer(question: Question, payload: unknown, answers: Answers, log: AgentLog | undefined): object {
  try {
    return ask(question, payload, answers, log);
  } catch (error) {
    log?.error({ err: error }, 'an answer on the agent channel failed');
    return {
      error: { code: 'INTERNAL', message: 'the node failed to answer; it has been logged' },
    } satisfies ErrorReply;
  }
}

function ask(question: Question, payload: unknown, answers: Answers, log: AgentLog | undefined): object {
  switch (question) {
    case 'hello':
      return answers.hello();
    case 'keys':
      return parsed(payload, KeysRequest, invalid, (keys) => {
        answers.setKeys(keys);
        return { ok: true };
      });
    case 'stats':
      return parsed(payload, StatsRequest, invalid, ({ cursor, epoch, maintenance }) =>
        answers.stats(cursor, epoch, maintenance),
      );
    case 'order':
      return parsed(
        payload,
        AnyOrder,
        (message): OrderReply => ({ ok: false, code: 'INVALID', message }),
        (order) => {
          const reply = answers.order(order);
          log?.info({ order, answer: reply }, 'order');
          return reply;
        },
      );
  }
}

function invalid(message: string): ErrorReply {
  return { error: { code: 'INVALID', message } };
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
