import type { Socket } from 'socket.io';
import type { PlayerSession } from '../agent';
import { type AllConnectedEvent, EnterPayload, type MatchTimeoutEvent } from '../core/protocol/events';
import type { Match } from '../registry/types';
import type { Outlet } from './entry';
import { guardMessages, sendError } from './guard';
import type { MatchTokens } from './match-tokens';
import type { Matchmaker } from './matchmaker';
import type { Modes } from './modes';

export interface LobbyParts {
  readonly matchmaker: Matchmaker;
  readonly tokens: MatchTokens;
  readonly modes: Modes;
  readonly maxMessagesPerSecond: number;
}

/** Serves one player's connection: checks what comes in, and hands it to the matchmaker. */
export function servePlayer(socket: Socket, { playerId, resumed }: PlayerSession, parts: LobbyParts): void {
  const { matchmaker, modes } = parts;
  const outlet = socketOutlet(socket, playerId, parts.tokens);
  guardMessages(socket, ['ENTER', 'LEAVE'], parts.maxMessagesPerSecond);

  socket.on('ENTER', (payload: unknown, ack: unknown) => {
    const parsed = EnterPayload.safeParse(payload);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.join('.') || 'payload';
      return sendError(socket, 'BAD_PAYLOAD', `ENTER: ${field}: ${issue?.message}`);
    }
    const { mode, pool } = parsed.data;
    if (!modes.has(mode)) {
      return sendError(
        socket,
        'BAD_PAYLOAD',
        `ENTER: mode: there is no "${mode}", only ${[...modes.keys()].join(', ')}`,
      );
    }
    matchmaker.enter(playerId, mode, pool, outlet, (status) => acknowledge(ack, { status }));
  });
  socket.on('LEAVE', (...args: unknown[]) => {
    matchmaker.leave(playerId, (status) => acknowledge(args.at(-1), { status }));
  });
  socket.on('disconnect', () => matchmaker.detach(playerId, outlet));
  if (resumed) matchmaker.attach(playerId, outlet);
}

function acknowledge(ack: unknown, reply: object): void {
  if (typeof ack === 'function') ack(reply);
}

function socketOutlet(socket: Socket, playerId: string, tokens: MatchTokens): Outlet {
  return {
    matched: (match: Match, learned: () => void) => {
      const token = tokens.sign(playerId, match, Date.now());
      if (token === null) return;
      const event: AllConnectedEvent = { room_id: match.roomId, match_token: token, members: match.members };
      socket.emit('ALL_CONNECTED', event, learned);
    },
    timedOut: (mode: string, waitedMs: number) => {
      const event: MatchTimeoutEvent = { mode, waited_ms: waitedMs };
      socket.emit('MATCH_TIMEOUT', event);
    },
    replaced: () => {
      sendError(socket, 'REPLACED');
      socket.disconnect(true);
    },
  };
}
