import { createPublicKey } from 'node:crypto';
import type { MasterKey } from '../tickets/keys';

/** All keys of a balancer, of each kind one or two, newest first: the one before stays valid beside the present one. */
export interface Keys {
  /** Secrets that tickets are derived from. */
  readonly masterKeys: readonly MasterKey[];
  /** What nodes and the other balancer know us by: Ed25519, PEM (PKCS 8). */
  readonly agentKeys: readonly string[];
  /** What callers of the API show; any number. */
  readonly apiKeys: readonly string[];
}

/** The keys that are valid now. They change while the balancer runs; whoever uses them asks each time. */
export class KeyRing {
  #keys: Keys;
  readonly #listeners = new Set<(keys: Keys) => void>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** The same object for as long as nothing changes. */
  get keys(): Keys {
    return this.#keys;
  }

  replace(keys: Keys): void {
    this.#keys = keys;
    for (const listener of this.#listeners) listener(keys);
  }

  onChange(listener: (keys: Keys) => void): void {
    this.#listeners.add(listener);
  }
}

/** The public half of an Ed25519 key, PEM (SPKI). */
export function publicHalf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}
