import type { ErrorCode } from '../core/errors';
import type { KeysRequest, NodeKey } from '../core/protocol/agent';
import { MAX_TOKEN_CHARS } from '../core/protocol/limits';
import { AgentClaims, TicketClaims } from '../core/protocol/ticket';
import { ed25519Verifier, peek, type Verified, verifier } from '../tickets/tokens';
import { GivenKeys } from './given-keys';

/** Tickets used and not expired yet that are remembered; beyond it new ones are refused rather than old ones forgotten. */
const MAX_USED = 200_000;

/** What a handshake asks for, once its credentials are known to be good. */
export type Credentials =
  | { readonly kind: 'agent'; readonly balancerId: string }
  | { readonly kind: 'ticket'; readonly claims: TicketClaims }
  | { readonly kind: 'resume'; readonly token: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** Verifies what handshakes show: rule S6, but for resume tokens, which only the sessions know. */
export class Admission {
  readonly #nodeId: string;
  readonly #startId: string;
  readonly #given = new GivenKeys();
  #verifyAgent: (token: string) => Verified<AgentClaims>;
  #verifyTicket: ((token: string) => Verified<TicketClaims>) | null = null;
  /** Ticket id → when it expires, in milliseconds since 1970. */
  readonly #used = new Map<string, number>();

  constructor(nodeId: string, startId: string, publicKeys: readonly string[]) {
    this.#nodeId = nodeId;
    this.#startId = startId;
    this.#verifyAgent = ed25519Verifier(publicKeys, AgentClaims);
  }

  /** The key that match tokens are signed with; null until a balancer has brought it. */
  get matchKey(): NodeKey | null {
    return this.#given.match;
  }

  /** @throws when a public key is none; then nothing changes. */
  setKeys(keys: KeysRequest): void {
    this.#given.take(keys);
    this.#verifyTicket = verifier(this.#given.tickets, TicketClaims);
    const { agents } = this.#given;
    if (agents.length > 0) this.#verifyAgent = ed25519Verifier(agents, AgentClaims);
  }

  /** Reads the handshake's query. Never throws, whatever the query holds; uses nothing up. */
  check(query: URLSearchParams): Credentials {
    const shown = (['agent', 'ticket', 'resume'] as const).flatMap((kind) =>
      query.getAll(kind).map((token) => ({ kind, token })),
    );
    const [first] = shown;
    if (first === undefined) return refused('TICKET_REQUIRED');
    // Two credentials are never an honest client's: which one counts must not depend on who reads the query.
    if (shown.length > 1) return refused('TICKET_INVALID');
    const { kind, token } = first;
    if (token.length === 0 || token.length > MAX_TOKEN_CHARS) {
      return refused(kind === 'resume' ? 'RESUME_INVALID' : 'TICKET_INVALID');
    }
    if (kind === 'agent') return this.#checkAgent(token);
    return kind === 'ticket' ? this.#checkTicket(token) : { kind, token };
  }

  /** Marks the ticket used; the code to refuse it with, or null when it was unused. */
  use(claims: TicketClaims): ErrorCode | null {
    if (this.#used.has(claims.jti)) return 'TICKET_USED';
    if (this.#used.size >= MAX_USED) return 'NOT_READY';
    this.#used.set(claims.jti, claims.exp * 1_000);
    return null;
  }

  /** Forgets used tickets that have expired: those are refused for that. */
  sweep(nowMs: number): void {
    for (const [jti, expiresMs] of this.#used) {
      if (expiresMs < nowMs) this.#used.delete(jti);
    }
  }

  #checkAgent(token: string): Credentials {
    const verified = this.#verifyAgent(token);
    if (!verified.ok || verified.claims.aud !== this.#nodeId) return refused('UNAUTHORIZED');
    return { kind: 'agent', balancerId: verified.claims.sub };
  }

  #checkTicket(token: string): Credentials {
    if (this.#verifyTicket === null) return refused('NOT_READY');
    const verified = this.#verifyTicket(token);
    if (verified.ok) {
      return this.#isForUs(verified.claims) ? { kind: 'ticket', claims: verified.claims } : refused('WRONG_NODE');
    }
    if (verified.fault === 'expired') return refused('TICKET_EXPIRED');
    // Another node's ticket is signed with another key. What it says of itself is not to be trusted, but tells what to answer.
    const claims = peek(token)?.payload;
    const foreign = typeof claims?.aud === 'string' && typeof claims.st === 'string' && !this.#isForUs(claims);
    return refused(foreign ? 'WRONG_NODE' : 'TICKET_INVALID');
  }

  #isForUs(claims: { readonly aud?: unknown; readonly st?: unknown }): boolean {
    return claims.aud === this.#nodeId && claims.st === this.#startId;
  }
}

function refused(code: ErrorCode): Credentials {
  return { kind: 'refused', code };
}
