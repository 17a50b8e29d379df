import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { HelloReply } from '../core/protocol/agent';
import type { AgentOptions } from './types';

/** What other parties will check in the node's answers is checked at the start, where it can still be mended. */
const Options = HelloReply.pick({ nodeId: true, cluster: true, version: true, capacity: true }).extend({
  publicKeys: z.array(z.string()).refine(arePublicKeys, 'one or two Ed25519 public keys as PEM'),
  graceMs: z.number().min(0).optional(),
});

/** @throws with every mistake, as `caller: field: what is wrong` */
export function checkOptions(caller: string, options: AgentOptions): void {
  const parsed = Options.safeParse(options);
  if (parsed.success) return;
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${caller}: ${mistakes.join('; ')}`);
}

export function arePublicKeys(pems: readonly string[]): boolean {
  return pems.length >= 1 && pems.length <= 2 && pems.every(isPublicKey);
}

function isPublicKey(pem: string): boolean {
  try {
    // A private key would be taken too, and has no business on a node.
    return pem.includes('PUBLIC KEY') && createPublicKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
