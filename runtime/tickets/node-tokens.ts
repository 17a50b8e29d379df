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
  #masters: readonly MasterKey[];
  /** The newest key that each start of a node is known to hold, by its master's `kid`. */
  readonly #held = new Map<string, string>();
  readonly #signers = new Kept<(claims: object) => string>(KEPT);
  readonly #verifiers = new Kept<(token: string) => Verified<MatchClaims>>(KEPT);

  /** @param masters newest first: match tokens are accepted under any of them. */
  constructor(masters: readonly MasterKey[]) {
    if (masters.length === 0) throw new Error('at least one master key is needed');
    this.#masters = masters;
  }

  /** From now on these are the masters, newest first. */
  rotate(masters: readonly MasterKey[]): void {
    this.#masters = masters;
    this.#verifiers.clear();
  }

  /** This start of the node verifies tickets with keys of these masters, newest first: from now on they are signed with the first. */
  delivered({ nodeId, startId }: { nodeId: string; startId: string }, [newest]: readonly MasterKey[]): void {
    if (newest === undefined) return;
    const start = startKey(nodeId, startId);
    this.#held.delete(start);
    this.#held.set(start, newest.kid);
    const [oldest] = this.#held.keys();
    if (this.#held.size > KEPT && oldest !== undefined) this.#held.delete(oldest);
  }

  /** Signs a ticket for the start of the node that its claims name (`aud`, `st`). */
  signTicket(claims: TicketClaims): string {
    const { aud, st } = claims;
    const start = startKey(aud, st);
    const master = this.#master(start);
    const sign = this.#signers.get(`${master.kid} ${start}`, () => signer(deriveNodeKey(master, 'ticket', aud, st)));
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

  /** A start that we have not reached ourselves is known to the other balancer, which may not have the newest key yet. */
  #master(start: string): MasterKey {
    const held = this.#held.get(start);
    const master = this.#masters.find(({ kid }) => kid === held) ?? this.#masters.at(-1);
    if (master === undefined) throw new Error('at least one master key is needed');
    return master;
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

  clear(): void {
    this.#values.clear();
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
