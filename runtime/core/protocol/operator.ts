import { z } from 'zod';
import { Id } from './limits';

/** For people: text on one line. */
const Line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}+$/u, 'one line of text');

/** The latest moment that there is a date for, Unix milliseconds. */
const LAST_MOMENT_MS = 8.64e15;
const Moment = z.int().min(0).max(LAST_MOMENT_MS);

/** Who orders, and why. */
const who = {
  by: Line(64),
  /** @default 'no reason given' */
  why: Line(200).default('no reason given'),
};

/** What an operator may order, the body of `POST /v1/operator/orders`. Each may be repeated without harm. */
export const OperatorOrder = z.discriminatedUnion('order', [
  /** Takes no more joins, empties, and is ended then; whatever the load, until it is undrained. */
  z.strictObject({ ...who, order: z.literal('drain'), nodeId: Id }),
  z.strictObject({ ...who, order: z.literal('undrain'), nodeId: Id }),
  /** Reaches the size once, without waiting for cooldowns; from then on the rules decide again. */
  z.strictObject({ ...who, order: z.literal('scale'), cluster: Id, size: z.int().min(0).max(10_000) }),
  /** Replaces every node that is there now, a few at a time. */
  z.strictObject({ ...who, order: z.literal('roll'), cluster: Id }),
  /** The autoscaler starts and ends nothing until it is resumed; dead nodes are replaced. */
  z.strictObject({ ...who, order: z.literal('pause'), cluster: Id }),
  z.strictObject({ ...who, order: z.literal('resume'), cluster: Id }),
  /** Ends the player's sessions; a player who waits for a match leaves the queue with it. */
  z.strictObject({ ...who, order: z.literal('kick'), playerId: Id }),
  /** No new joins; what runs goes on. `untilMs`: when it is expected to end, Unix milliseconds. */
  z.strictObject({ ...who, order: z.literal('maintenance'), on: z.boolean(), untilMs: Moment.optional() }),
]);
export type OperatorOrder = z.infer<typeof OperatorOrder>;
export type OrderOf<K extends OperatorOrder['order']> = Extract<OperatorOrder, { order: K }>;

/** The answer to an order that was taken: what comes of it, for people. */
export const OrderAnswer = z.object({ text: z.string() });
export type OrderAnswer = z.infer<typeof OrderAnswer>;
