import { z } from 'zod';

/** Ids of players, rooms, nodes, modes and pools: 1 to 64 characters that are safe in a URL, a log line and a Redis key. */
export const Id = z.string().regex(/^[A-Za-z0-9_.:@-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ . : @ -');

/** The longest ticket or match token accepted, in characters; longer ones are refused unread. The largest room with the longest ids fits. */
export const MAX_TOKEN_CHARS = 8192;

/** A signed token (JWT in compact form). */
export const Token = z.string().min(1).max(MAX_TOKEN_CHARS);

/** The most members that a mode may put into one room. */
export const MAX_ROOM_SIZE = 64;
