import { TicketClaims } from '../core/protocol/ticket';

/**
 * The generation of the room that a game ticket admits to, read without verifying it; 0 when it says none. To a player a ticket is
 * opaque: only bees look inside, to tell a room that was given a new node from a room whose members were given different ones.
 */
export function ticketGeneration(ticket: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(ticket.split('.')[1] ?? '', 'base64url').toString());
    return TicketClaims.pick({ room: true }).parse(claims).room?.gen ?? 0;
  } catch {
    return 0;
  }
}
