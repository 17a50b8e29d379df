import type { Server } from 'socket.io';
import { AGENT_NAMESPACE } from '../core/protocol/agent';
import { NodeAgent } from './agent';
import { checkOptions } from './options';
import { PlainNodeAgent } from './plain';
import type { Agent, AgentOptions, PlainAgent } from './types';

export { agentOptions, NodeEnv } from './env';
export type {
  Agent,
  AgentBase,
  AgentLog,
  AgentOptions,
  Joined,
  Joining,
  Maintained,
  NodeFigures,
  PlainAgent,
  PlainConnection,
  PlayerSession,
  RoomSource,
  SessionEndReason,
} from './types';

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
  checkOptions('attachAgent', options);
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

/**
 * Makes a server with any other protocol a node of a fleet. The server shows the agent what its clients bring, and tells it when
 * connections end; the agent counts, knows drain and seal, and answers the balancers over HTTP (`agent.questions`):
 *
 *     const agent = createAgent(agentOptions(NodeEnv.parse(process.env)));
 *     const joining = agent.join({ ticket }, { replaced: () => …, move: (afterMs) => … });
 *
 * `examples/tcp` is a whole server.
 *
 * @throws when an option is wrong.
 */
export function createAgent(options: AgentOptions): PlainAgent {
  checkOptions('createAgent', options);
  return new PlainNodeAgent(options);
}
