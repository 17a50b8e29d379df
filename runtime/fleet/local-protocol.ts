import { z } from 'zod';
import { Id } from '../core/protocol/limits';

/** What the local supervisor answers, and the adapter checks: the local stand-in for the EC2 and Auto Scaling APIs. */
export const InstancesReply = z.object({
  instances: z.array(
    z.object({
      nodeId: z.string().min(1).max(128),
      cluster: Id,
      endpoint: z.url().nullable(),
      zone: z.string().min(1),
      launchedAtMs: z.number(),
      state: z.enum(['pending', 'running', 'terminating']),
    }),
  ),
});

export const GroupReply = z.object({
  cluster: Id,
  desired: z.int().min(0),
  wantedVersion: z.string().nullable(),
});

/** The absolute size wanted; one that is not above the present size changes nothing. */
export const GrowRequest = z.strictObject({ size: z.int().min(0) });

export const DoneReply = z.object({ ok: z.literal(true) });

export const FaultReply = z.object({ error: z.object({ message: z.string() }) });
