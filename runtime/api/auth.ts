import { timingSafeEqual } from 'node:crypto';
import { FleetError } from '../core/errors';

const BEARER = /^Bearer +(\S+)$/i;

/**
 * A check of the header `Authorization: Bearer <key>` against the valid keys (several, so that a key can be changed without
 * a gap; asked for at each check, as they change while we run). Throws UNAUTHORIZED. Keys are compared in constant time: how long it takes tells their lengths at most.
 *
 * @throws Error when there is no key, or an empty one: an API without a key would be open to everybody.
 */
export function keyCheck(keysNow: () => readonly string[]): (authorization: string | undefined) => void {
  let apiKeys = keysNow();
  if (apiKeys.length === 0 || apiKeys.some((key) => !/^\S+$/.test(key))) {
    throw new Error('API_KEYS: at least one key is needed, and none may be empty or contain spaces');
  }
  let keys = apiKeys.map((key) => Buffer.from(key));
  return (authorization) => {
    if (keysNow() !== apiKeys) {
      apiKeys = keysNow();
      keys = apiKeys.map((key) => Buffer.from(key));
    }
    const presented = BEARER.exec(authorization ?? '')?.[1];
    if (presented === undefined) throw new FleetError('UNAUTHORIZED', { field: 'header.authorization' });
    const candidate = Buffer.from(presented);
    let valid = false;
    for (const key of keys) valid = (key.length === candidate.length && timingSafeEqual(key, candidate)) || valid;
    if (!valid) throw new FleetError('UNAUTHORIZED', { detail: 'unknown key', field: 'header.authorization' });
  };
}
