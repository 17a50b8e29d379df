import type { KeysRequest, NodeKey } from '../core/protocol/agent';
import { arePublicKeys } from './options';

/** Balancers whose keys are kept: the two, and earlier starts of them under other ids. */
const MOST_BALANCERS = 4;

/**
 * The keys that balancers gave this node. While keys are rotated the balancers learn of the new ones at different moments, so what
 * counts is all that any of them gave last: whatever either signs with is accepted here.
 */
export class GivenKeys {
  /** By balancer, the one that spoke last at the end. */
  readonly #byBalancer = new Map<string, KeysRequest>();

  /** @throws when a public key is none; then nothing changes. */
  take(keys: KeysRequest): void {
    if (keys.agents !== undefined && !arePublicKeys(keys.agents)) {
      throw new Error('agents: one or two Ed25519 public keys as PEM');
    }
    const from = keys.from ?? '';
    this.#byBalancer.delete(from);
    this.#byBalancer.set(from, keys);
    const [oldest] = this.#byBalancer.keys();
    if (this.#byBalancer.size > MOST_BALANCERS && oldest !== undefined) this.#byBalancer.delete(oldest);
  }

  /** What tickets are verified with. */
  get tickets(): readonly NodeKey[] {
    return distinct(this.#all().flatMap(({ ticket }) => ticket));
  }

  /** What match tokens are signed with: the newest key that every balancer has, as any of them may be shown the token. Null: none yet. */
  get match(): NodeKey | null {
    const all = this.#all().map(({ match }) => match);
    const newest = all.at(-1) ?? [];
    const common = newest.find(({ kid }) => all.every((keys) => keys.some((key) => key.kid === kid)));
    return common ?? newest[0] ?? null;
  }

  /** Public keys of balancers; none while no balancer has given any. */
  get agents(): readonly string[] {
    return [...new Set(this.#all().flatMap(({ agents = [] }) => agents))];
  }

  #all(): readonly KeysRequest[] {
    return [...this.#byBalancer.values()];
  }
}

function distinct(keys: readonly NodeKey[]): readonly NodeKey[] {
  return [...new Map(keys.map((key) => [key.kid, key])).values()];
}
