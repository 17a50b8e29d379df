import { z } from 'zod';
import type { HelloReply, KeysRequest } from '../../core/protocol/agent';
import { AGENT_PROTOCOL } from '../../core/protocol/agent';
import type { AgentClaims } from '../../core/protocol/ticket';
import type { Instance } from '../../fleet/port';
import { deriveNodeKey, type KeyUse } from '../../tickets/keys';
import { ed25519Signer } from '../../tickets/tokens';
import { type Keys, publicHalf } from '../key-ring';

/** How a balancer and a node get to know each other, whatever carries the messages. */
export interface IntroductionOptions {
  readonly balancerId: string;
  /** The keys of now: nodes hold the public halves of the agent keys, and get keys derived from the masters. */
  readonly keys: () => NodeKeys;
  /** Clusters whose nodes make matches: only these get a key to sign match tokens with. @default none */
  readonly matchmakers?: ReadonlySet<string>;
  /** This start of the node holds these keys from now on. @default nobody asks */
  readonly onDelivered?: (hello: HelloReply, keys: NodeKeys) => void;
}

/** The keys that nodes have to do with; another object whenever they change. */
export type NodeKeys = Pick<Keys, 'agentKeys' | 'masterKeys'>;

/** How long a token is valid, in seconds: it is shown at once, so this only covers clocks that differ. */
const TOKEN_TTL_S = 30;

export class Introduction {
  readonly #options: IntroductionOptions;
  #prepared: { readonly keys: NodeKeys; readonly signers: Signer[]; readonly agents: string[] } | undefined;

  constructor(options: IntroductionOptions) {
    this.#options = options;
  }

  /** Between us and one node. */
  with(nodeId: string): Acquaintance {
    return new Acquaintance(nodeId, this);
  }

  /** What the node knows us by, signed with the key of this age (0: the newest there is); to be shown at once. */
  token(nodeId: string, age: number): string {
    const { signers } = this.#prepare();
    const sign = signers[age % signers.length];
    if (sign === undefined) throw new Error('at least one agent key is needed');
    const iat = Math.floor(Date.now() / 1_000);
    return sign({ sub: this.#options.balancerId, aud: nodeId, iat, exp: iat + TOKEN_TTL_S } satisfies AgentClaims);
  }

  /** What this start of the node verifies tickets with, and what it knows balancers by. */
  keys({ cluster, nodeId, startId }: HelloReply): { readonly request: KeysRequest; readonly of: NodeKeys } {
    const { keys, agents } = this.#prepare();
    const derived = (use: KeyUse) => keys.masterKeys.map((master) => deriveNodeKey(master, use, nodeId, startId));
    const { balancerId: from, matchmakers } = this.#options;
    const match = matchmakers?.has(cluster) ? derived('match') : [];
    const request = { v: AGENT_PROTOCOL, from, agents, ticket: derived('ticket'), match } as const;
    return { request, of: keys };
  }

  /** The keys of now. */
  get now(): NodeKeys {
    return this.#options.keys();
  }

  delivered(hello: HelloReply, keys: NodeKeys): void {
    this.#options.onDelivered?.(hello, keys);
  }

  #prepare() {
    const keys = this.now;
    if (this.#prepared?.keys === keys) return this.#prepared;
    const { agentKeys } = keys;
    this.#prepared = { keys, signers: agentKeys.map(ed25519Signer), agents: agentKeys.map(publicHalf) };
    return this.#prepared;
  }
}

type Signer = (claims: object) => string;

/**
 * What one node knows of our keys. A node that was out of reach while they changed knows the older one only: it is shown them in
 * turn, and is given both once it has let us in. So no order in which balancers and nodes learn of new keys locks anybody out.
 */
export class Acquaintance {
  readonly #nodeId: string;
  readonly #introduction: Introduction;
  /** How often it refused us in a row: which of the agent keys to show. */
  #refusals = 0;
  #given: NodeKeys | null = null;

  constructor(nodeId: string, introduction: Introduction) {
    this.#nodeId = nodeId;
    this.#introduction = introduction;
  }

  /** What the node knows us by; to be shown at once. */
  token(): string {
    // A node that holds the keys before these knows the older one for certain.
    const age = this.#given === null || this.settled ? 0 : 1;
    return this.#introduction.token(this.#nodeId, age + this.#refusals);
  }

  /** It did not let us in, for whatever reason. */
  refused(): void {
    this.#refusals += 1;
  }

  /** Whether it holds the keys of now. */
  get settled(): boolean {
    return this.#given === this.#introduction.now;
  }

  /** Brings the keys of now; `ask` resolves when the node has taken them. */
  async bring(hello: HelloReply, ask: (request: KeysRequest) => Promise<unknown>): Promise<void> {
    const { request, of } = this.#introduction.keys(hello);
    await ask(request);
    this.#given = of;
    this.#refusals = 0;
    this.#introduction.delivered(hello, of);
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
