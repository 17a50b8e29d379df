import { z } from 'zod';
import type { LinkReport } from '../client';

/**
 * A place on a node that a player lost without wanting to: an open connection that broke, or a ticket with which the player got in
 * nowhere. The player was entitled to the place from `fromMs` to `untilMs`, Unix milliseconds: until the connection was gone, or the
 * ticket expired. Whoever ended the node within that time has cut a player off.
 */
export const Broken = z.object({
  playerId: z.string(),
  nodeId: z.string(),
  fromMs: z.number(),
  untilMs: z.number(),
});
export type Broken = z.infer<typeof Broken>;

/** What a bees process tells the process that started it, over IPC, when it happens. */
export const BrokenMessage = z.object({ broken: Broken });
export type BrokenMessage = z.infer<typeof BrokenMessage>;

interface Place {
  readonly nodeId: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Follows the places of one player. */
export class Places {
  readonly #playerId: string;
  /** By role: a ticket that was not used yet. */
  readonly #promised = new Map<string, Place>();
  /** By node: since when the player is entitled to be there. */
  readonly #open = new Map<string, number>();

  constructor(playerId: string) {
    this.#playerId = playerId;
  }

  /** What the player lost by this; null when nothing. */
  note(report: LinkReport, nowMs: number): Broken | null {
    const { role, nodeId } = report;
    switch (report.kind) {
      case 'asked': {
        const before = this.#promised.get(role);
        const again = before?.nodeId === nodeId ? before : undefined;
        this.#promised.set(role, {
          nodeId,
          fromMs: again?.fromMs ?? nowMs,
          untilMs: Date.parse(report.answer.expiresAt),
        });
        return before === undefined || again !== undefined ? null : { playerId: this.#playerId, ...before };
      }
      case 'opened': {
        const fromMs = this.#promised.get(role)?.fromMs ?? nowMs;
        this.#promised.delete(role);
        this.#open.set(nodeId, fromMs);
        return null;
      }
      case 'closed': {
        const fromMs = this.#open.get(nodeId) ?? nowMs;
        this.#open.delete(nodeId);
        // That is the client's own doing.
        if (report.reason === 'io client disconnect') return null;
        return { playerId: this.#playerId, nodeId, fromMs, untilMs: nowMs };
      }
      case 'moved':
        return null;
    }
  }
}
