import { MatchClaims, type TicketClaims } from '../core/protocol/ticket';
import { deriveNodeKey, type MasterKey } from './keys';
import { peek, signer, type Verified, verifier } from './tokens';

/** Starts of nodes whose keys are kept at once, of each kind; the one made first is forgotten, and made again when it is needed. */
const KEPT = 4_096;

const MatchIssuer = MatchClaims.pick({ iss: true, st: true });

/**
 * What a balancer does with node keys: signs tickets, verifies match tokens. Deriving a key and preparing a signer costs
 * more than a signature, so both are made once per start of a node and kept.
 */
export class NodeTokens {
  readonly #masters: readonly [MasterKey, ...MasterKey[]];
  readonly #signers = new Kept<(claims: object) => string>(KEPT);
  readonly #verifiers = new Kept<(token: string) => Verified<MatchClaims>>(KEPT);

  /** @param masters newest first: tickets are signed with the first, match tokens are accepted under any. */
  constructor(masters: readonly MasterKey[]) {
    const [newest, ...older] = masters;
    if (newest === undefined) throw new Error('at least one master key is needed');
    this.#masters = [newest, ...older];
  }

  /** Signs a ticket for the start of the node that its claims name (`aud`, `st`). */
  signTicket(claims: TicketClaims): string {
    const sign = this.#signers.get(startKey(claims.aud, claims.st), () =>
      signer(deriveNodeKey(this.#masters[0], 'ticket', claims.aud, claims.st)),
    );
    return sign(claims);
  }

  /** Verifies a match token with the key of the start of the lobby node that it says it comes from. */
  verifyMatch(token: string): Verified<MatchClaims> {
    const issuer = MatchIssuer.safeParse(peek(token)?.payload);
    if (!issuer.success) return { ok: false, fault: 'malformed' };
    const { iss, st } = issuer.data;
    const verify = this.#verifiers.get(startKey(iss, st), () =>
      verifier(
        this.#masters.map((master) => deriveNodeKey(master, 'match', iss, st)),
        MatchClaims,
      ),
    );
    return verify(token);
  }
}

/** Names one start of one node without ambiguity, whatever the ids contain. */
function startKey(nodeId: string, startId: string): string {
  return `${nodeId.length}:${nodeId}${startId}`;
}

/** At most `limit` values, made on demand. */
class Kept<T> {
  readonly #limit: number;
  readonly #values = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) {
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    return value;
  }
}
