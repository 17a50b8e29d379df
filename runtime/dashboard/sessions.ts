import { z } from 'zod';
import { deriveKey, type MasterKey } from '../tickets/keys';
import { signer, verifier } from '../tickets/tokens';

/** session: an operator's browser, after the API key was typed once. link: opens a session without typing, for `npm start`. */
type Use = 'session' | 'link';

/** How long each lasts, in milliseconds: a working day; until one has read the terminal. */
const LIFE_MS: Readonly<Record<Use, number>> = { session: 12 * 3_600_000, link: 3_600_000 };

const Claims = z.object({ exp: z.int() });

/** How long a session lasts, in seconds. */
export const SESSION_SECONDS = LIFE_MS.session / 1_000;

/**
 * Signs a session or a link.
 * With the oldest of the keys: a balancer that has not heard of the newest yet knows it as well, so that a session is good on both.
 *
 * @param masters newest first. @param nowMs Unix time in milliseconds.
 */
export function sign(use: Use, stack: string, masters: readonly MasterKey[], nowMs: number): string {
  const master = masters.at(-1);
  if (master === undefined) throw new Error('at least one master key is needed');
  const iat = Math.floor(nowMs / 1_000);
  return signer(deriveKey(master, ['operator', use, stack]))({ iat, exp: iat + LIFE_MS[use] / 1_000 });
}

/** Whether the token is one of this use and stack, signed with any of the keys, and has not run out. */
export function isValid(use: Use, stack: string, masters: readonly MasterKey[], token: string): boolean {
  const keys = masters.map((master) => deriveKey(master, ['operator', use, stack]));
  return verifier(keys, Claims)(token).ok;
}
