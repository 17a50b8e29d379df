import type { Server } from 'socket.io';
import { AGENT_NAMESPACE } from '../core/protocol/agent';
import { type Answers, answer, QUESTIONS } from './questions';
import type { AgentLog } from './types';

/** Serves the namespace `/agent`: every event is a request with an acknowledgement; one that wants no answer is ignored. */
export function serveChannel(io: Server, answers: Answers, log: AgentLog | undefined): void {
  io.of(AGENT_NAMESPACE).on('connection', (socket) => {
    for (const question of QUESTIONS) {
      socket.on(question, (...args: unknown[]) => {
        const acknowledge = args.at(-1);
        if (typeof acknowledge !== 'function') return;
        acknowledge(answer(question, args.length > 1 ? args[0] : undefined, answers, log));
      });
    }
  });
}
