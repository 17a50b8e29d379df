import { createHash, hkdfSync } from 'node:crypto';
import type { NodeKey } from '../core/protocol/agent';

/** A secret that only balancers hold; `kid` names it in token headers without revealing it. */
export interface MasterKey {
  readonly kid: string;
  readonly secret: Buffer;
}

export type KeyUse = 'ticket' | 'match';

/** Reads one or two secrets, newest first, separated by a comma; each base64url or hex of at least 32 bytes. */
export function parseMasterKeys(text: string): MasterKey[] {
  const keys = text.split(',').map((part) => {
    const trimmed = part.trim();
    const secret = /^[0-9a-f]+$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64url');
    if (secret.length < 32) throw new Error('each master key needs at least 32 bytes, as hex or base64url');
    return { kid: createHash('sha256').update('kid').update(secret).digest('base64url').slice(0, 8), secret };
  });
  if (keys.length > 2) throw new Error('at most two master keys: the current one and the one before');
  return keys;
}

/**
 * The key of one node's one start: a node that is broken into can forge nothing for another node,
 * nor for its own next start.
 */
export function deriveNodeKey(master: MasterKey, use: KeyUse, nodeId: string, startId: string): NodeKey {
  return deriveKey(master, [use, nodeId, startId]);
}

/** A key for one purpose, by HKDF-SHA256 (RFC 5869). @param purpose names it; other purposes have other lists. */
export function deriveKey(master: MasterKey, purpose: readonly string[]): NodeKey {
  const key = Buffer.from(hkdfSync('sha256', master.secret, 'realtime-fleet', JSON.stringify(purpose), 32));
  return { kid: master.kid, key: key.toString('base64url') };
}
