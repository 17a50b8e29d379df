import type { Server } from 'socket.io';
import { AGENT_NAMESPACE } from '../core/protocol/agent';
import { NodeAgent } from './agent';
import { checkOptions } from './options';
import type { Agent, AgentOptions } from './types';

export { agentOptions, NodeEnv } from './env';
export type { Agent, AgentLog, AgentOptions, PlayerSession, RoomSource, SessionEndReason } from './types';

/**
 * Makes a socket.io server a node of a fleet, in one line:
 *
 *     const agent = attachAgent(io, agentOptions(NodeEnv.parse(process.env)));
 *
 * From then on only players with a ticket or a resume token are let in (the server's own `allowRequest` is kept and asked first),
 * balancers are answered on the namespace `/agent`, and players are counted. Nothing else changes for the server's code;
 * `agent.session(socket)` tells who is behind a socket.
 *
 * Clients get the events `SESSION`, `MOVE` and `ERROR` besides the server's own. A player who disconnects on purpose, or whom the server
 * disconnects, is gone at once; one whose connection is lost has `graceMs` to come back.
 *
 * @throws when an option is wrong, or the server has no engine yet, or has an agent or a namespace `/agent` already.
 */
export function attachAgent(io: Server, options: AgentOptions): Agent {
  checkOptions(options);
  // Declared as always there, but undefined until the server is attached to an http server or listens.
  const engine: Server['engine'] | undefined = io.engine;
  if (engine === undefined) {
    throw new Error(
      'attachAgent needs a running engine: give socket.io its http server first, e.g. new Server(httpServer)',
    );
  }
  if (io._nsps.has(AGENT_NAMESPACE)) {
    throw new Error(
      `the namespace ${AGENT_NAMESPACE} is taken: attach one agent per server, and no namespace of that name`,
    );
  }
  return new NodeAgent(io, options);
}
