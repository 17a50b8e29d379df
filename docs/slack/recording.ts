import { z } from 'zod';

/** Parts of the fleet's own events that messages need. */
const RecordedEvent = z.object({
  kind: z.string(),
  cluster: z.string().exactOptional(),
  nodeId: z.string().exactOptional(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
  by: z.string().exactOptional(),
  atMs: z.number(),
  balancerId: z.string(),
});

const RecordedNode = z.object({
  ...{
    nodeId: z.string(),
    startId: z.string().nullable(),
    endpoint: z.string(),
    zone: z.string(),
    version: z.string(),
  },
  health: z.enum(['booting', 'green', 'suspect', 'held', 'red']),
  phase: z.enum(['open', 'draining', 'sealed']),
  ...{ connections: z.number(), sessions: z.number(), capacity: z.number(), weight: z.number(), window: z.number() },
  pending: z
    .number()
    .nullable()
    .transform((pending) => pending ?? 0),
  ...{ loopDelayMs: z.number(), rssBytes: z.number(), launchedAtMs: z.number(), silentMs: z.number() },
});

/** Answer of `GET /v1/events`. */
export const EventsAnswer = z.object({ events: z.array(RecordedEvent.extend({ id: z.number() })) });

/** Answer of `GET /v1/clusters`. */
export const ClustersAnswer = z.object({
  clusters: z.array(z.object({ cluster: z.string(), massFailure: z.boolean(), nodes: z.array(RecordedNode) })),
});

/** A real run: what happened, in this order, and how the clusters were in the middle of it. */
export const Recording = z.object({
  /** Unix time in milliseconds of `clusters`. */
  atMs: z.number(),
  ...ClustersAnswer.shape,
  events: z.array(RecordedEvent),
});
export type Recording = z.infer<typeof Recording>;
