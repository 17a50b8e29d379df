import { createHmac, createSecretKey } from 'node:crypto';
import { createDecoder, createSigner, createVerifier, TokenError } from 'fast-jwt';
import type { z } from 'zod';
import type { NodeKey } from '../core/protocol/agent';

export type TokenFault = 'malformed' | 'signature' | 'expired' | 'claims';

export type Verified<T> =
  | { readonly ok: true; readonly claims: T }
  | { readonly ok: false; readonly fault: TokenFault };

const decode = createDecoder({ complete: true });

/** Reads header and claims without trusting them: only to learn which key to verify with. Null when it is not a token. */
export function peek(token: string): { kid: string | undefined; payload: Record<string, unknown> } | null {
  try {
    const { header, payload } = decode(token) as { header: { kid?: string }; payload: Record<string, unknown> };
    return typeof payload === 'object' && payload !== null ? { kid: header.kid, payload } : null;
  } catch {
    return null;
  }
}

/**
 * Signs claims with HS256 (RFC 7515) under a node's key. The claims carry `iat` and `exp` themselves.
 * By hand: signing is the dearest step of an assignment, and the library, which encodes the header and copies the claims each
 * time, needs twice as long under load (18 µs against 9). What comes in from outside is verified by the library.
 */
export function signer(key: NodeKey): (claims: object) => string {
  const secret = createSecretKey(key.key, 'base64url');
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT', kid: key.kid })).toString('base64url');
  return (claims) => {
    const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
}

/** Verifies HS256 tokens against any of the keys (chosen by `kid`) and the claims against a schema. */
export function verifier<T>(keys: readonly NodeKey[], schema: z.ZodType<T>): (token: string) => Verified<T> {
  const byKid = new Map(
    keys.map((key) => [
      key.kid,
      createVerifier({ key: Buffer.from(key.key, 'base64url'), algorithms: ['HS256'], cache: false }),
    ]),
  );
  return (token) => {
    const kid = peek(token)?.kid;
    if (kid === undefined) return { ok: false, fault: 'malformed' };
    const verify = byKid.get(kid);
    if (verify === undefined) return { ok: false, fault: 'signature' };
    return check(() => verify(token), schema);
  };
}

/** Signs with Ed25519: what a balancer shows a node. `privateKey` is PEM (PKCS 8). */
export function ed25519Signer(privateKey: string): (claims: object) => string {
  return createSigner({ key: privateKey, algorithm: 'EdDSA' });
}

/** Verifies Ed25519 tokens against one or two public keys (PEM, SPKI). */
export function ed25519Verifier<T>(
  publicKeys: readonly string[],
  schema: z.ZodType<T>,
): (token: string) => Verified<T> {
  const verifiers = publicKeys.map((key) => createVerifier({ key, algorithms: ['EdDSA'], cache: false }));
  return (token) => {
    let last: Verified<T> = { ok: false, fault: 'signature' };
    for (const verify of verifiers) {
      last = check(() => verify(token), schema);
      if (last.ok || last.fault === 'expired') return last;
    }
    return last;
  };
}

function check<T>(verify: () => unknown, schema: z.ZodType<T>): Verified<T> {
  let claims: unknown;
  try {
    claims = verify();
  } catch (error) {
    if (error instanceof TokenError && error.code === TokenError.codes.expired) return { ok: false, fault: 'expired' };
    return { ok: false, fault: 'signature' };
  }
  const parsed = schema.safeParse(claims);
  return parsed.success ? { ok: true, claims: parsed.data } : { ok: false, fault: 'claims' };
}
