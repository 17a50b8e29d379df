import { z } from 'zod';

/** Something that happened and that an operator wants to know. */
export interface FleetEvent {
  /** Noun and what befell it, e.g. `node-red`, `mass-failure-began`, `room-finished`. */
  readonly kind: string;
  readonly cluster?: string;
  readonly nodeId?: string;
  /** Why, for a person to read. */
  readonly reason: string;
  /** The operator who ordered it. @default nobody: a balancer decided it, or it befell us */
  readonly by?: string;
  /** Further facts, JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface RecordedEvent extends FleetEvent {
  /** Grows with each event, in steps of any size, also when balancers are started anew. */
  readonly id: number;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** The balancer that recorded it. */
  readonly balancerId: string;
}

/** Where the parts of a balancer report what they did. */
export interface EventSink {
  emit(event: FleetEvent): void;
}

/** An event as balancers give it to each other: its id is the registry's to give. */
export const StoredEvent = z.object({
  kind: z.string(),
  cluster: z.string().optional(),
  nodeId: z.string().optional(),
  reason: z.string(),
  by: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  atMs: z.number(),
  balancerId: z.string(),
});
