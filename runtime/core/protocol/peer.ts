import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors';
import { Id, MAX_ROOM_SIZE, Token } from './limits';

/** Version of the messages between the two balancers. */
export const PEER_PROTOCOL = 1;

/** Namespace of the peer channel on a balancer's private port. */
export const PEER_NAMESPACE = '/peer';

/** What a balancer shows the other to open the channel. Signed EdDSA, with the key that it shows to nodes. */
export const PeerClaims = z.object({
  /** The balancer's id. */
  sub: Id,
  /** `peer:STACK`: a token that was meant for a node is of no use here. */
  aud: z.string().min(1).max(128),
  iat: z.number(),
  exp: z.number(),
});
export type PeerClaims = z.infer<typeof PeerClaims>;

/** Players whom a balancer gave a node, and none, since it started. */
const JoinCounts = z.object({ cluster: Id, assigned: z.number().min(0), refused: z.number().min(0) });
export type JoinCounts = z.infer<typeof JoinCounts>;

/** How a balancer sees itself. */
export const PeerView = z.object({
  v: z.literal(PEER_PROTOCOL),
  balancerId: Id,
  /** Random at each start. */
  startId: Id,
  /** Clusters that it prefers. */
  home: z.array(Id).max(64),
  /** The registry has answered it lately. */
  canRenew: z.boolean(),
  /** It relies on the registry. */
  answers: z.boolean(),
  /** Its watch sees every cluster: it could own them. */
  ready: z.boolean(),
  /** The clusters of which it was the last owner, as far as it knows, and under which epoch. */
  claims: z.array(z.object({ cluster: Id, epoch: z.number().min(0) })).max(64),
  /** For people to see: the other balancer shows the joins of both. */
  joins: z.array(JoinCounts).max(64).optional(),
});
export type PeerView = z.infer<typeof PeerView>;

const NodeName = z.object({ cluster: Id, nodeId: z.string().min(1).max(128) });
export type NodeName = z.infer<typeof NodeName>;

/** `view`, asked every half second: how I am; and have you heard from these nodes, which are dead to me? */
export const PeerRequest = z.object({
  view: PeerView,
  /** I place rooms from memory, or am about to. Only here, not in answers: those may be overtaken. */
  placing: z.boolean(),
  silent: z.array(NodeName).max(1_000),
});
export type PeerRequest = z.infer<typeof PeerRequest>;

/** The answer: how I am; and those of your silent nodes that I have heard of within `redAfter`. */
export const PeerReply = z.object({ view: PeerView, heard: z.array(NodeName).max(1_000) });
export type PeerReply = z.infer<typeof PeerReply>;

/** Where a room was placed. */
export const PlacedRoom = z.object({
  roomId: Id,
  mode: Id,
  gen: z.int().min(1),
  nodeId: z.string().min(1).max(128),
  startId: z.string().min(1).max(64),
  /** All members; those who have finished may be missing where only the node told of it. */
  members: z.array(Id).min(1).max(MAX_ROOM_SIZE),
  /** Those who have not finished. */
  playing: z.array(Id).max(MAX_ROOM_SIZE),
});
export type PlacedRoom = z.infer<typeof PlacedRoom>;

/** Rooms in one message. */
export const MAX_PLACED_ROOMS = 2_000;
const PlacedRooms = z.array(PlacedRoom).max(MAX_PLACED_ROOMS);

/** `turn`: let me place rooms from memory. Agreed to by who does without the registry as well, with the places that it gave lately. */
export const TurnReply = z.discriminatedUnion('agreed', [
  z.object({ agreed: z.literal(true), rooms: PlacedRooms }),
  z.object({ agreed: z.literal(false) }),
]);
export type TurnReply = z.infer<typeof TurnReply>;

/** `places`: the registry has lost rooms; which places did you give last? */
export const PlacesReply = z.object({ rooms: PlacedRooms });
export type PlacesReply = z.infer<typeof PlacesReply>;

/** `restore`: write these places, which I gave from memory, to the registry, which answers you. */
export const RestoreRequest = z.object({ rooms: PlacedRooms });
export const RestoreReply = z.object({ done: z.boolean() });
export type RestoreReply = z.infer<typeof RestoreReply>;

const Code = z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERRORS, code));

/** A place as the API gives it. */
const Assigned = z.object({ endpoint: z.string(), ticket: z.string(), expiresAt: z.string(), nodeId: z.string() });

/** `start`: a member's request, passed on to who knows where the room is. */
export const StartRequest = z.object({ roomId: Id, matchToken: Token });
export const StartReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), place: Assigned }),
  z.object({ ok: z.literal(false), code: Code }),
]);
export type StartReply = z.infer<typeof StartReply>;

/** `repeat`: what is answered under an idempotency key. The reply is the answer that holds: another one, if that was given before. */
export const KeyedAnswer = z.object({
  cluster: Id,
  key: z.string().min(1).max(256),
  fingerprint: Id,
  startId: z.string().min(1).max(64),
  place: Assigned,
});
export type KeyedAnswer = z.infer<typeof KeyedAnswer>;
