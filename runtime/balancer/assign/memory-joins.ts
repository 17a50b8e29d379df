import { FleetError } from '../../core/errors';
import { type KeptAnswer, KeptAnswers } from '../../core/kept-answers';
import type { KeyedAnswer } from '../../core/protocol/peer';
import type { AssignReply } from '../../core/protocol/rest';
import type { Seat } from './assigner';
import type { MemoryPlacement } from './memory-placement';

export interface MemoryJoinsOptions {
  readonly cluster: string;
  readonly placement: Pick<MemoryPlacement, 'place' | 'joinable'>;
  readonly newId: () => string;
  readonly ticket: (seat: Seat, endpoint: string) => AssignReply;
  /** Lifetime of tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** Which start of the node this balancer sees; null: it does not answer. */
  readonly startOf: (nodeId: string) => string | null;
  /** Tells the other balancer what is answered; the answer that holds, null when there is nobody to tell. Never rejects. */
  readonly agree: (answer: KeyedAnswer) => Promise<KeyedAnswer | null>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

interface Answer {
  readonly reply: AssignReply;
  /** The start of the node that the ticket is for. */
  readonly startId: string;
  /** It was given to a caller, or both balancers know it. */
  readonly settled: boolean;
}

/** Answers with an idempotency key that are remembered in one lifetime of a ticket; one takes about a kilobyte. */
const MOST_ANSWERS = 20_000;

/**
 * The joins of one cluster while the registry does not answer. Answers under an idempotency key are shared with the other balancer
 * before they are given, and those of the registry are remembered, so that a key repeats its answer whichever balancer is asked, also
 * after the registry has gone or come back.
 */
export class MemoryJoins {
  readonly #options: MemoryJoinsOptions;
  readonly #answers: KeptAnswers<Answer>;
  readonly #underWay = new Map<string, Promise<AssignReply>>();

  constructor(options: MemoryJoinsOptions) {
    this.#options = options;
    this.#answers = new KeptAnswers(options.ticketTtlMs, MOST_ANSWERS);
  }

  /**
   * The answer that was given under the key, while its ticket is valid and its node takes joins.
   * @throws FleetError IDEMPOTENCY_KEY_REUSED
   */
  repeated(playerId: string, key: string): AssignReply | null {
    const kept = this.#find(key);
    if (kept === undefined) return null;
    if (kept.fingerprint === playerId) return kept.answer.reply;
    throw new FleetError('IDEMPOTENCY_KEY_REUSED', { field: 'header.idempotency-key' });
  }

  /** The registry has given this answer. */
  answered(playerId: string, key: string, reply: AssignReply): void {
    const startId = this.#options.startOf(reply.nodeId);
    if (startId !== null) this.#keep(key, playerId, { reply, startId, settled: true });
  }

  /** @throws FleetError FULL, BUSY, NO_NODES or IDEMPOTENCY_KEY_REUSED */
  async join(playerId: string, key: string | undefined): Promise<AssignReply> {
    if (key === undefined) return this.#place(playerId).reply;
    await this.#underWay.get(key);
    const known = this.repeated(playerId, key);
    if (known !== null) return known;
    const answer = this.#place(playerId);
    const agreed = this.#agree(playerId, key, answer);
    this.#underWay.set(key, agreed);
    return agreed.finally(() => this.#underWay.delete(key));
  }

  /**
   * The other balancer is about to give this answer. What was given before stays; of two that are about to be given at one moment,
   * both balancers choose the same.
   */
  agree(theirs: KeyedAnswer): KeyedAnswer {
    const { key, fingerprint, startId, place } = theirs;
    const ours = this.#find(key);
    const stays = ours !== undefined && (ours.answer.settled || ours.answer.reply.ticket < place.ticket);
    if (stays) return this.#keyed(key, ours);
    this.#keep(key, fingerprint, { reply: place, startId, settled: true });
    return theirs;
  }

  #place(playerId: string): Answer {
    const { placement, newId, ticket } = this.#options;
    const rid = newId();
    const place = placement.place([rid]);
    const reply = ticket({ ...place, playerId, rid, jti: rid }, place.endpoint);
    return { reply, startId: place.startId, settled: false };
  }

  async #agree(playerId: string, key: string, answer: Answer): Promise<AssignReply> {
    const kept = this.#keep(key, playerId, answer);
    const held = await this.#options.agree(this.#keyed(key, kept));
    // Without a word from the other balancer: ours, unless it has proposed its own meanwhile.
    const { fingerprint, startId, place } = held ?? this.#keyed(key, this.#find(key) ?? kept);
    this.#keep(key, fingerprint, { reply: place, startId, settled: true });
    return this.repeated(playerId, key) ?? place;
  }

  #find(key: string): KeptAnswer<Answer> | undefined {
    const { placement, now } = this.#options;
    const kept = this.#answers.find(key, now());
    return kept && placement.joinable(kept.answer.reply.nodeId, kept.answer.startId) ? kept : undefined;
  }

  #keep(key: string, fingerprint: string, answer: Answer): KeptAnswer<Answer> {
    const kept = { fingerprint, untilMs: Date.parse(answer.reply.expiresAt), answer };
    this.#answers.keep(key, kept, this.#options.now());
    return kept;
  }

  #keyed(key: string, { fingerprint, answer }: KeptAnswer<Answer>): KeyedAnswer {
    const { reply, startId } = answer;
    return { cluster: this.#options.cluster, key, fingerprint, startId, place: { ...reply } };
  }
}
