import { z } from 'zod';

/** Where a webhook may be without TLS. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Address of a Slack webhook. Whatever is wrong with it is said without repeating it: who knows the address may write there. */
export const WebhookUrl = z
  .string()
  .trim()
  .refine(usable, 'must be the https:// address of a Slack webhook; http:// only on this machine');

function usable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

/** Parts of a path that are shorter than this are no secret, in characters. */
const SECRET_LENGTH = 6;

/** A text without the secrets of the address: the whole, its path and its query, and each longer part of them. At most 200 characters. */
export function scrubbed(text: string, secretUrl: string): string {
  const { href, pathname, search } = new URL(secretUrl);
  const parts = `${pathname}${search}`.split(/[/?&=]/).filter((part) => part.length >= SECRET_LENGTH);
  const secrets = [secretUrl, href, `${pathname}${search}`, pathname, ...parts, ...parts.map(decoded)]
    .filter((secret) => secret.length >= SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text).slice(0, 200);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
