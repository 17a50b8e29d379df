import type { Server, Socket } from 'socket.io';
import { serveChannel } from './channel';
import { AgentCore } from './core';
import { guardHandshakes } from './handshake';
import { Players } from './players';
import { type Agent, type AgentOptions, DEFAULT_GRACE_MS, type PlayerSession } from './types';

/** The agent of a socket.io server; see `attachAgent` and `Agent`. */
export class NodeAgent extends AgentCore implements Agent {
  readonly #players: Players;

  constructor(io: Server, options: AgentOptions) {
    const players = new Players(io, options.graceMs ?? DEFAULT_GRACE_MS, (playerId, reason) =>
      this.ended(playerId, reason),
    );
    super(options, players);
    this.#players = players;
    guardHandshakes(io.engine, (request, query) =>
      this.admit(query, {
        agent: () => players.admitAgent(request),
        ticket: (claims) => players.admitTicket(request, claims),
        resume: (token) => players.admitResume(request, token),
      }),
    );
    serveChannel(io, this, options.log);
  }

  session(socket: Socket): PlayerSession {
    return this.#players.player(socket);
  }
}
