import { z } from 'zod';
import { Token } from '../../core/protocol/limits';
import { PeerClaims } from '../../core/protocol/peer';
import { ed25519Signer, ed25519Verifier } from '../../tickets/tokens';
import { publicHalf } from '../key-ring';

/** How long a token is valid, in seconds: it is shown at once, so this only covers clocks that differ. */
const TOKEN_TTL_S = 30;

/** One for each key: the other balancer may not have the newest yet. */
const Shown = z.array(Token).min(1).max(2);

/** What the balancers of one stack know each other by: both hold the same private keys, but learn of a new one at different moments. */
export interface PeerTokens {
  /** New tokens. */
  sign(): string[];
  /** What is wrong with what was shown; null when one of the tokens is good. */
  check(tokens: unknown): string | null;
}

/** @param agentKeys those of now, one or two, newest first: Ed25519, PEM (PKCS 8). */
export function peerTokens(stack: string, balancerId: string, agentKeys: () => readonly string[]): PeerTokens {
  const aud = `peer:${stack}`;
  const fault = (token: string): string | null => {
    const verified = ed25519Verifier(agentKeys().map(publicHalf), PeerClaims)(token);
    if (!verified.ok) return `the token is not valid (${verified.fault})`;
    return verified.claims.aud === aud ? null : 'the token is for something else';
  };
  return {
    sign: () => {
      const iat = Math.floor(Date.now() / 1_000);
      const claims: PeerClaims = { sub: balancerId, aud, iat, exp: iat + TOKEN_TTL_S };
      return agentKeys().map((key) => ed25519Signer(key)(claims));
    },
    check: (tokens) => {
      const shown = Shown.safeParse(tokens);
      if (!shown.success) return 'a token is needed';
      const faults = shown.data.map(fault);
      return faults.includes(null) ? null : (faults[0] ?? null);
    },
  };
}
