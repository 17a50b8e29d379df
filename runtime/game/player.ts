import type { Socket } from 'socket.io';
import { type ErrorCode, FleetError } from '../core/errors';
import { ConnectPayload, type ErrorEvent, type RoomClosedEvent } from '../core/protocol/events';
import type { TicketRoom } from '../core/protocol/ticket';
import { RateLimit } from '../core/rate-limit';
import type { Clients } from './clients';
import type { Rooms } from './rooms';

interface PlayerContext {
  readonly playerId: string;
  /** What the ticket said. */
  readonly ticketRoom: TicketRoom | undefined;
  readonly rooms: Rooms;
  readonly clients: Clients;
  /** Messages per second. */
  readonly maxMessagesPerSecond: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Everything that a player's connection sends comes through here: counted, checked, then to its room. Mistakes cost the sender an ERROR. */
export function servePlayer(socket: Socket, context: PlayerContext): void {
  const { playerId, ticketRoom, rooms, clients, now } = context;
  const limit = new RateLimit(context.maxMessagesPerSecond, now());

  const fail = (code: ErrorCode, detail?: string): void => {
    const { message } = new FleetError(code, detail === undefined ? {} : { detail });
    socket.emit('ERROR', { code, message } satisfies ErrorEvent);
  };

  const enter = (payload: unknown): void => {
    const parsed = ConnectPayload.safeParse(payload);
    if (!parsed.success) {
      fail('BAD_PAYLOAD', 'CONNECT needs { room_id }');
    } else if (parsed.data.room_id !== ticketRoom?.id) {
      fail('WRONG_ROOM', ticketRoom === undefined ? 'the ticket names none' : `the ticket names ${ticketRoom.id}`);
    } else {
      const entered = rooms.enter(playerId, ticketRoom);
      if (entered.outcome === 'wrong-room') fail('WRONG_ROOM', entered.detail);
      if (entered.outcome === 'closed') {
        socket.emit('ROOM_CLOSED', { room_id: ticketRoom.id, reason: entered.reason } satisfies RoomClosedEvent);
      }
    }
  };

  const play = (event: string, payload: unknown): void => {
    const room = clients.isInRoom(playerId) ? rooms.of(playerId) : undefined;
    const mistake = room?.message(playerId, event, payload) ?? null;
    if (room === undefined) fail('NOT_IN_ROOM');
    if (mistake !== null) fail('BAD_PAYLOAD', mistake);
  };

  // `next` is never called: nothing that a client sends is emitted on the socket, so no name of an event means anything special.
  socket.use(([event, payload]) => {
    const verdict = limit.take(now());
    if (verdict === 'pass') {
      if (event === 'CONNECT') enter(payload);
      else play(event, payload);
    } else if (verdict === 'warn') {
      fail('RATE_LIMITED', `at most ${context.maxMessagesPerSecond} per second`);
    } else if (verdict === 'expel') {
      fail('RATE_LIMITED', 'far too many for too long; this connection is closed');
      socket.disconnect(true);
    }
  });
}
