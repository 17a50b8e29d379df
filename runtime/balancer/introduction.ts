import { z } from 'zod';
import type { HelloReply, KeysRequest } from '../core/protocol/agent';
import { AGENT_PROTOCOL } from '../core/protocol/agent';
import type { AgentClaims } from '../core/protocol/ticket';
import type { Instance } from '../fleet/port';
import { deriveNodeKey, type KeyUse, type MasterKey } from '../tickets/keys';
import { ed25519Signer } from '../tickets/tokens';

/** How a balancer and a node get to know each other, whatever carries the messages. */
export interface IntroductionOptions {
  readonly balancerId: string;
  /** Ed25519, PEM (PKCS 8); the nodes hold the public key. */
  readonly privateKey: string;
  /** One or two, newest first; the nodes get keys derived from them. */
  readonly masterKeys: readonly MasterKey[];
}

/** How long a token is valid, in seconds: it is shown at once, so this only covers clocks that differ. */
const TOKEN_TTL_S = 30;

export class Introduction {
  readonly #balancerId: string;
  readonly #masterKeys: readonly MasterKey[];
  readonly #sign: (claims: object) => string;

  constructor({ balancerId, privateKey, masterKeys }: IntroductionOptions) {
    this.#balancerId = balancerId;
    this.#masterKeys = masterKeys;
    this.#sign = ed25519Signer(privateKey);
  }

  /** What the node knows us by; to be shown at once. */
  token(nodeId: string): string {
    const iat = Math.floor(Date.now() / 1_000);
    return this.#sign({ sub: this.#balancerId, aud: nodeId, iat, exp: iat + TOKEN_TTL_S } satisfies AgentClaims);
  }

  /** What this start of the node verifies tickets with. */
  keys({ nodeId, startId }: HelloReply): KeysRequest {
    const derived = (use: KeyUse) => this.#masterKeys.map((master) => deriveNodeKey(master, use, nodeId, startId));
    return { v: AGENT_PROTOCOL, ticket: derived('ticket'), match: derived('match') };
  }
}

/** What is wrong with who answered; null when it is the node that the fleet lists there. */
export function impostor(hello: HelloReply, { nodeId, cluster }: Instance): string | null {
  if (hello.nodeId === nodeId && hello.cluster === cluster) return null;
  return `it says to be ${hello.nodeId} of ${hello.cluster}, the fleet lists ${nodeId} of ${cluster}`;
}

export const KeysReply = z.object({ ok: z.literal(true) });

/** What an agent answers to a request that it does not understand. */
const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** A node's answer as what it should be, or what is wrong with it. */
export function readReply<T>(
  reply: unknown,
  schema: z.ZodType<T>,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string } {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return { ok: true, value: parsed.data };
  const refusal = Refusal.safeParse(reply);
  const issue = parsed.error.issues[0];
  const fault = refusal.success ? refusal.data.error.message : `${issue?.path.join('.') || 'it'}: ${issue?.message}`;
  return { ok: false, fault };
}
