import { hash, timingSafeEqual } from 'node:crypto';
import { FleetError } from '../core/errors';

const BEARER = /^Bearer +(\S+)$/i;

/**
 * A check of the header `Authorization: Bearer <key>` against the valid keys (several, so that a key can be changed without
 * a gap). Throws UNAUTHORIZED. Digests of equal length are compared in constant time: how long it takes tells nothing.
 *
 * @throws Error when there is no key, or an empty one: an API without a key would be open to everybody.
 */
export function keyCheck(apiKeys: readonly string[]): (authorization: string | undefined) => void {
  if (apiKeys.length === 0 || apiKeys.some((key) => !/^\S+$/.test(key))) {
    throw new Error('API_KEYS: at least one key is needed, and none may be empty or contain spaces');
  }
  const digests = apiKeys.map(digest);
  return (authorization) => {
    const presented = BEARER.exec(authorization ?? '')?.[1];
    if (presented === undefined) throw new FleetError('UNAUTHORIZED', { field: 'header.authorization' });
    const candidate = digest(presented);
    let valid = false;
    for (const known of digests) valid = timingSafeEqual(known, candidate) || valid;
    if (!valid) throw new FleetError('UNAUTHORIZED', { detail: 'unknown key', field: 'header.authorization' });
  };
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
