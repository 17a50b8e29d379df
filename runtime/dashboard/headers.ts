import type { IncomingHttpHeaders } from 'node:http';

/**
 * Sent with everything on the private port. Pages load nothing but their own files, may not be framed, and run no inline script.
 * `same-origin`, not `no-referrer`: with the latter browsers send forms with the origin `null`, which could not be told from others'.
 */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/**
 * Whether a browser sends this on behalf of a page that is not ours. Cookies go along with such requests from other ports of the
 * same host, which SameSite does not keep apart. Browsers give the origin with everything that changes something.
 */
export function isForeign(method: string, headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  const navigates = headers['sec-fetch-mode'] === 'navigate';
  if (method === 'GET' || method === 'HEAD') return !(isOwn(site) || navigates);
  return !isOwn(site) || hostOf(headers.origin) !== headers.host;
}

/** `none`: typed, or opened from outside the browser; undefined: not a browser, or an old one. */
function isOwn(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hostOf(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}
