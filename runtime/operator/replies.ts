import { z } from 'zod';
import { ClusterOrders } from '../core/orders/standing';

/** What the command line reads of the answers; more than this is passed on by `--json`. */
const Node = z.looseObject({
  nodeId: z.string(),
  zone: z.string(),
  version: z.string(),
  health: z.string(),
  phase: z.string(),
  sessions: z.number(),
  pending: z.number().nullable(),
  capacity: z.number(),
  loopDelayMs: z.number(),
});
export type NodeReply = z.infer<typeof Node>;

const Cluster = z.looseObject({
  cluster: z.string(),
  owner: z.string().nullable(),
  epoch: z.number().nullable(),
  massFailure: z.boolean(),
  orders: ClusterOrders,
  nodes: z.array(Node),
  totals: z.looseObject({
    nodes: z.number(),
    joinable: z.number(),
    sessions: z.number(),
    pending: z.number().nullable(),
    capacity: z.number(),
  }),
});
export type ClusterReply = z.infer<typeof Cluster>;

export const StatusReply = z.looseObject({
  clusters: z.array(Cluster),
  maintenance: z
    .object({ by: z.string(), why: z.string(), atMs: z.number(), untilMs: z.number().nullable() })
    .nullable(),
});
export type StatusReply = z.infer<typeof StatusReply>;

const Event = z.looseObject({
  id: z.number(),
  atMs: z.number(),
  balancerId: z.string(),
  kind: z.string(),
  cluster: z.string().optional(),
  nodeId: z.string().optional(),
  reason: z.string(),
  by: z.string().optional(),
});
export type EventReply = z.infer<typeof Event>;
export const EventsReply = z.looseObject({ events: z.array(Event) });

export const RoomReply = z.looseObject({
  roomId: z.string(),
  mode: z.string(),
  status: z.string(),
  nodeId: z.string().nullable(),
  endpoint: z.string().nullable(),
  members: z.array(z.object({ playerId: z.string(), finished: z.boolean() })),
});
export type RoomReply = z.infer<typeof RoomReply>;
