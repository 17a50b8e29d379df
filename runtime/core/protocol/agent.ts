import { z } from 'zod';
import { Id } from './limits';

/** Version of the messages on the agent channel; both sides refuse another one by name. */
export const AGENT_PROTOCOL = 1;

/** Namespace of the agent channel on the node's own socket.io server. */
export const AGENT_NAMESPACE = '/agent';

/** What a node does about new players. Only open → draining → sealed and draining → open; sealed never opens again. */
export const Phase = z.enum(['open', 'draining', 'sealed']);
export type Phase = z.infer<typeof Phase>;

/** Keys for one start of one node, base64url of 32 bytes each. Newest first; two are valid during a rotation. */
const NodeKey = z.object({ kid: z.string().min(1).max(32), key: z.string().length(43) });
export type NodeKey = z.infer<typeof NodeKey>;

/** `hello`, node's answer: who it is. Asked first on each connection. */
export const HelloReply = z.object({
  v: z.literal(AGENT_PROTOCOL),
  nodeId: z.string().min(1).max(128),
  startId: z.string().min(1).max(64),
  cluster: Id,
  /** Hash of what the node runs; the rolling replacement compares it with the wanted one. */
  version: z.string().max(128),
  capacity: z.int().min(1).max(1_000_000),
});
export type HelloReply = z.infer<typeof HelloReply>;

/**
 * `keys`, balancer → node: what tickets are verified with, and what a lobby signs match tokens with. What a balancer gives takes the
 * place of what the same one gave before; a node accepts what any of them gave, as they do not learn of new keys at one moment.
 */
export const KeysRequest = z.object({
  v: z.literal(AGENT_PROTOCOL),
  /** Which balancer gives them. @default '' */
  from: Id.optional(),
  /** Public keys that balancers are known by from now on: Ed25519, PEM. @default those that the node has */
  agents: z.array(z.string().min(1).max(1_000)).min(1).max(2).optional(),
  ticket: z.array(NodeKey).min(1).max(2),
  /** Only for nodes that make matches; another could make up rooms with it. */
  match: z.array(NodeKey).max(2),
});
export type KeysRequest = z.infer<typeof KeysRequest>;

/** Whether new players are kept out, for nodes that tell their players. */
export const MaintenanceNews = z.object({
  /** Of two that are told the one with the higher revision holds: balancers do not learn of it at one moment. */
  rev: z.int().min(0),
  on: z.boolean(),
  /** When it is expected to end, Unix milliseconds; null: nobody said. */
  untilMs: z.number().nullable(),
});
export type MaintenanceNews = z.infer<typeof MaintenanceNews>;

/** `stats`, balancer → node: the cursor is what the last reply to *this* poller carried, 0 at first. */
export const StatsRequest = z.object({
  v: z.literal(AGENT_PROTOCOL),
  cursor: z.int().min(0),
  /** Of the owner that asks: from now on the node refuses orders of an older one. Absent when who asks is not the owner. */
  epoch: z.number().min(0).optional(),
  /** @default there never was any */
  maintenance: MaintenanceNews.optional(),
});
export type StatsRequest = z.infer<typeof StatsRequest>;

export const RoomReport = z.object({
  roomId: Id,
  gen: z.int().min(1),
  mode: Id,
  /** forming: waits for members; complete: all expected have joined once; closed: over on this node. */
  status: z.enum(['forming', 'complete', 'closed']),
  /** Members expected, as the tickets said. */
  members: z.array(Id).max(64),
  /** Of these, who joined and has left for good since (finished, or was away too long). @default nobody */
  gone: z.array(Id).max(64).optional(),
  /** Why it closed: `incomplete` (not everybody came in time), `empty` (the last member left), `moved`, `ended` (by the game). */
  reason: z.enum(['incomplete', 'empty', 'moved', 'ended']).optional(),
});
export type RoomReport = z.infer<typeof RoomReport>;

/** Metrics that one answer may carry. */
export const MAX_METRICS = 32;

export const MetricName = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9_.-]{0,63}$/, 'a letter a-z, then up to 63 of A-Z a-z 0-9 _ . -');

/** Numbers that a node reports besides its players, by name; any unit. One of them may size the cluster. */
export const Metrics = z
  .record(MetricName, z.number())
  .refine((metrics) => Object.keys(metrics).length <= MAX_METRICS, `at most ${MAX_METRICS} metrics`);
export type Metrics = Readonly<z.infer<typeof Metrics>>;

/** `stats`, the node's answer; all of it is taken in one turn of the event loop. */
export const StatsReply = z.object({
  v: z.literal(AGENT_PROTOCOL),
  nodeId: z.string().min(1).max(128),
  startId: z.string().min(1).max(64),
  phase: Phase,
  /** The machine goes away within minutes, whatever anybody decides (Spot). Never taken back. @default false */
  leaving: z.boolean().optional(),
  /** The highest epoch that an owner has shown; 0 before the first. */
  epoch: z.number().min(0),
  /** Players' connections open now (agents' are not counted). */
  connections: z.int().min(0),
  /** Admitted players: connected, or within the grace time after losing the connection. Never less than `connections`. */
  sessions: z.int().min(0),
  capacity: z.int().min(1).max(1_000_000),
  /** 99th percentile of the event loop's delay over the last second, in milliseconds. */
  loopDelayMs: z.number().min(0),
  rssBytes: z.number().min(0),
  /** The agent of this project always reports `cpu`: percent of one core over the last second. @default none */
  metrics: Metrics.optional(),
  version: z.string().max(128),
  /** Pass this with the next request. */
  cursor: z.int().min(0),
  /** True when the cursor was unknown (0, of an earlier start, or too old): the lists hold all that is there now. */
  full: z.boolean(),
  /** Reservation ids whose player arrived since the cursor; with `full`, those of all present sessions. Repeats are harmless. */
  arrivals: z.array(z.string().min(1).max(160)).max(20_000),
  /** Rooms that changed since the cursor; with `full`, all rooms on the node. Empty on a node without rooms. */
  rooms: z.array(RoomReport).max(20_000),
});
export type StatsReply = z.infer<typeof StatsReply>;

/** An operator wants a player gone: the session ends, and its connection. Any balancer may pass it on, so that it carries no epoch. */
const Kick = z.object({ v: z.literal(AGENT_PROTOCOL), kind: z.literal('kick'), playerId: Id });

/** `order`, balancer → node. Carries the epoch of the owner that gives it; a node refuses one older than it has seen. */
export const Order = z.discriminatedUnion('kind', [
  z.object({ v: z.literal(AGENT_PROTOCOL), kind: z.literal('drain'), epoch: z.number().min(0) }),
  z.object({ v: z.literal(AGENT_PROTOCOL), kind: z.literal('undrain'), epoch: z.number().min(0) }),
  z.object({ v: z.literal(AGENT_PROTOCOL), kind: z.literal('seal'), epoch: z.number().min(0) }),
  /** Ask `count` players at most to go elsewhere, spread over `withinMs`; ignored where players cannot move. */
  z.object({
    v: z.literal(AGENT_PROTOCOL),
    kind: z.literal('move'),
    epoch: z.number().min(0),
    count: z.int().min(1),
    withinMs: z.int().min(0),
  }),
  /** The room lives elsewhere now (this node was given up for dead meanwhile): close it here. */
  z.object({
    v: z.literal(AGENT_PROTOCOL),
    kind: z.literal('closeRoom'),
    epoch: z.number().min(0),
    roomId: Id,
    gen: z.int().min(1),
  }),
]);
export type Order = z.infer<typeof Order>;

/** What `order` carries. */
export const AnyOrder = z.discriminatedUnion('kind', [Order, Kick]);
export type AnyOrder = z.infer<typeof AnyOrder>;

export const OrderReply = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    phase: Phase,
    sessions: z.int().min(0),
    /** Of a kick: the player was here. @default false */
    kicked: z.boolean().optional(),
  }),
  z.object({
    ok: z.literal(false),
    /** STALE_EPOCH: a newer owner exists. NOT_EMPTY: seal refused, sessions remain. NOT_DRAINING: seal needs a drain first. SEALED: irrevocable. INVALID: malformed. */
    code: z.enum(['STALE_EPOCH', 'NOT_EMPTY', 'NOT_DRAINING', 'SEALED', 'INVALID']),
    message: z.string().max(1000),
  }),
]);
export type OrderReply = z.infer<typeof OrderReply>;
