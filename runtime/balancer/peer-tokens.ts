import { createPublicKey } from 'node:crypto';
import { MAX_TOKEN_CHARS } from '../core/protocol/limits';
import { PeerClaims } from '../core/protocol/peer';
import { ed25519Signer, ed25519Verifier } from '../tickets/tokens';

/** How long a token is valid, in seconds: it is shown at once, so this only covers clocks that differ. */
const TOKEN_TTL_S = 30;

/** What the balancers of one stack know each other by: both hold the same private key. */
export interface PeerTokens {
  /** A new token. */
  sign(): string;
  /** What is wrong with what was shown; null when it is good. */
  check(token: unknown): string | null;
}

/** @param privateKey Ed25519, PEM (PKCS 8). */
export function peerTokens(stack: string, balancerId: string, privateKey: string): PeerTokens {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const signClaims = ed25519Signer(privateKey);
  const verify = ed25519Verifier([publicKey], PeerClaims);
  const aud = `peer:${stack}`;
  return {
    sign: () => {
      const iat = Math.floor(Date.now() / 1_000);
      return signClaims({ sub: balancerId, aud, iat, exp: iat + TOKEN_TTL_S } satisfies PeerClaims);
    },
    check: (token) => {
      if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARS) return 'a token is needed';
      const verified = verify(token);
      if (!verified.ok) return `the token is not valid (${verified.fault})`;
      return verified.claims.aud === aud ? null : 'the token is for something else';
    },
  };
}
