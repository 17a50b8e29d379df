import { z } from 'zod';
import { Id, MAX_ROOM_SIZE } from './limits';

/** The room that a game ticket admits to; the game node learns all it needs to know of a room from here. */
export const TicketRoom = z.object({
  id: Id,
  /** Grows by one each time the room is given a new node; a node refuses a generation lower than one it has seen. */
  gen: z.int().min(1),
  mode: Id,
  /** Players still expected in the room: all members but those who have finished. */
  members: z.array(Id).min(1).max(MAX_ROOM_SIZE),
});
export type TicketRoom = z.infer<typeof TicketRoom>;

/** What a ticket says. Signed HS256 with a key derived for one start of one node. Times in seconds since 1970. */
export const TicketClaims = z.object({
  /** Unique per issued ticket: makes it single-use. */
  jti: z.string().min(1).max(128),
  /** The reservation that the player's arrival fulfils. */
  rid: z.string().min(1).max(160),
  /** The player. */
  sub: Id,
  /** The node's id. */
  aud: z.string().min(1).max(128),
  /** The node's start id: a ticket is for one start of one process. */
  st: z.string().min(1).max(64),
  iat: z.number(),
  exp: z.number(),
  room: TicketRoom.optional(),
});
export type TicketClaims = z.infer<typeof TicketClaims>;

/** What the lobby signs for each matched player: only the bearer may start or finish that room as that player. */
export const MatchClaims = z.object({
  /** Lobby node that signed, and its start: from both the verifier derives the key. */
  iss: z.string().min(1).max(128),
  st: z.string().min(1).max(64),
  sub: Id,
  room: z.object({ id: Id, mode: Id, members: z.array(Id).min(1).max(MAX_ROOM_SIZE) }),
  iat: z.number(),
  exp: z.number(),
});
export type MatchClaims = z.infer<typeof MatchClaims>;

/** What a balancer shows a node to open the agent channel. Signed EdDSA; the node holds the public key only. */
export const AgentClaims = z.object({
  /** The balancer's id. */
  sub: Id,
  /** The id of the node that it is meant for, so that a node cannot show it to another. */
  aud: z.string().min(1).max(128),
  iat: z.number(),
  exp: z.number(),
});
export type AgentClaims = z.infer<typeof AgentClaims>;
