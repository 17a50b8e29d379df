import { z } from 'zod';
import { Id } from './limits';

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
  /** Its watch sees every cluster: it could own them. */
  ready: z.boolean(),
  /** The clusters of which it was the last owner, as far as it knows, and under which epoch. */
  claims: z.array(z.object({ cluster: Id, epoch: z.number().min(0) })).max(64),
});
export type PeerView = z.infer<typeof PeerView>;

const NodeName = z.object({ cluster: Id, nodeId: z.string().min(1).max(128) });
export type NodeName = z.infer<typeof NodeName>;

/** `view`, asked every half second: how I am; and have you heard from these nodes, which are dead to me? */
export const PeerRequest = z.object({ view: PeerView, silent: z.array(NodeName).max(1_000) });
export type PeerRequest = z.infer<typeof PeerRequest>;

/** The answer: how I am; and those of your silent nodes that I have heard of within `redAfter`. */
export const PeerReply = z.object({ view: PeerView, heard: z.array(NodeName).max(1_000) });
export type PeerReply = z.infer<typeof PeerReply>;
