import { FleetError } from '../core/errors';
import { KeptAnswers } from '../core/kept-answers';
import type { AssignReply } from '../core/protocol/rest';
import type { Seat } from './assigner';
import type { MemoryPlacement } from './memory-placement';

export interface MemoryJoinsOptions {
  readonly placement: Pick<MemoryPlacement, 'place' | 'joinable'>;
  readonly newId: () => string;
  readonly ticket: (seat: Seat, endpoint: string) => AssignReply;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** Which start of the node this balancer sees; null: it does not answer. */
  readonly startOf: (nodeId: string) => string | null;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** An answer and the start of the node that its ticket is for. */
interface Answer {
  readonly reply: AssignReply;
  readonly startId: string;
}

/** Answers with an idempotency key that are remembered in one lifetime of a ticket; one takes about a kilobyte. */
const MOST_ANSWERS = 20_000;

/** The joins of one cluster while the registry does not answer; and what it answered lately, so that it can be repeated then. */
export class MemoryJoins {
  readonly #options: MemoryJoinsOptions;
  readonly #answers: KeptAnswers<Answer>;

  constructor(options: MemoryJoinsOptions) {
    this.#options = options;
    this.#answers = new KeptAnswers(options.ticketTtlMs, MOST_ANSWERS);
  }

  /**
   * The answer that this balancer gave under the key, while its ticket is valid and its node takes joins.
   * @throws FleetError IDEMPOTENCY_KEY_REUSED
   */
  repeated(playerId: string, key: string): AssignReply | null {
    const { placement, now } = this.#options;
    const kept = this.#answers.find(key, now());
    if (kept === undefined) return null;
    if (kept.fingerprint !== playerId) {
      throw new FleetError('IDEMPOTENCY_KEY_REUSED', { field: 'header.idempotency-key' });
    }
    const { reply, startId } = kept.answer;
    return placement.joinable(reply.nodeId, startId) ? reply : null;
  }

  /** The registry has given this answer. */
  answered(playerId: string, key: string, reply: AssignReply): void {
    const startId = this.#options.startOf(reply.nodeId);
    if (startId !== null) this.#keep(playerId, key, { reply, startId });
  }

  /** @throws FleetError FULL, BUSY, NO_NODES or IDEMPOTENCY_KEY_REUSED */
  join(playerId: string, key: string | undefined): AssignReply {
    const known = key === undefined ? null : this.repeated(playerId, key);
    if (known !== null) return known;
    const { placement, newId, ticket } = this.#options;
    const rid = newId();
    const place = placement.place([rid]);
    const reply = ticket({ ...place, playerId, rid, jti: rid }, place.endpoint);
    if (key !== undefined) this.#keep(playerId, key, { reply, startId: place.startId });
    return reply;
  }

  #keep(playerId: string, key: string, answer: Answer): void {
    const { now } = this.#options;
    const untilMs = Date.parse(answer.reply.expiresAt);
    this.#answers.keep(key, { fingerprint: playerId, untilMs, answer }, now());
  }
}
