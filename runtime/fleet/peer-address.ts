import { isIP, type LookupFunction } from 'node:net';
import { z } from 'zod';
import { Id } from '../core/protocol/limits';
import { awsAddress } from './aws-address';

/** Where the other balancer's private port is. */
export interface PeerAddress {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Finds the host anew for each connection. @default by DNS */
  readonly lookup?: LookupFunction;
}

/** The forms that `parsePeerAddress` takes. */
export const PEER_FORMS = 'http://HOST:PORT, or aws:GROUP:PORT for the running instance of a group';

const Url = z.url({ protocol: /^https?$/ });

/**
 * The address that a text names. Nothing is asked yet.
 * @throws when the text has none of the forms.
 */
export function parsePeerAddress(text: string): PeerAddress {
  if (Url.safeParse(text).success) return { url: text };
  const [, group, port] = /^aws:([^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (!Id.safeParse(group).success || group === undefined || Number(port) > 65_535) throw new Error(PEER_FORMS);
  return { url: `http://${group}:${port}`, lookup: lookupBy(awsAddress(group)) };
}

/** In the form in which sockets ask: for one address, or for all there are. */
export function lookupBy(find: () => Promise<string>): LookupFunction {
  return (hostname, { all }, callback) => {
    find().then(
      (address) => {
        const family = isIP(address);
        if (all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        callback(Object.assign(new Error(`${hostname}: ${message}`), { code: 'ENOTFOUND' }), '', 0);
      },
    );
  };
}
