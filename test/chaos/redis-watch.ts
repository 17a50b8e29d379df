import Redis from 'ioredis';
import { leaseKeys } from '../../runtime/registry/keys';
import type { Recorder } from './recorder';

/** How often the leases are read, in milliseconds. */
const LOOK_MS = 100;
/** A Redis that does not answer for so long is asked again, in milliseconds. */
const TIMEOUT_MS = 500;
/** The stack of the local cluster. */
const STACK = 'local-realtime';

/** Reads leases and epochs in Redis itself, on a connection of its own that no fault disturbs, and writes down what changed. */
export class RedisWatch {
  readonly #redis: Redis;
  readonly #clusters: readonly string[];
  readonly #recorder: Pick<Recorder, 'add'>;
  readonly #looking: NodeJS.Timeout;
  readonly #seen = new Map<string, string>();
  #busy = false;

  constructor(url: string, clusters: readonly string[], recorder: Pick<Recorder, 'add'>) {
    this.#clusters = clusters;
    this.#recorder = recorder;
    this.#redis = new Redis(url, {
      commandTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      retryStrategy: () => LOOK_MS,
    });
    this.#redis.on('error', () => undefined);
    this.#looking = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** FLUSHALL. Resolves when it was done, or Redis did not answer. */
  async empty(): Promise<void> {
    await this.#redis.flushall().catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#looking);
    this.#redis.disconnect();
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await Promise.all(this.#clusters.map((cluster) => this.#read(cluster)));
    } catch {
      // It is down, or paused: there is nothing to see.
    } finally {
      this.#busy = false;
    }
  }

  async #read(cluster: string): Promise<void> {
    const keys = leaseKeys(STACK, cluster);
    const [lease, highest] = await this.#redis.mget(keys.lease, keys.epoch);
    const [owner, epoch] = lease?.split(' ') ?? [];
    if (this.#isNew(keys.lease, lease ?? '')) {
      this.#recorder.add({
        kind: 'lease',
        cluster,
        owner: owner ?? null,
        epoch: epoch === undefined ? null : Number(epoch),
      });
    }
    if (this.#isNew(keys.epoch, highest ?? '0')) {
      this.#recorder.add({ kind: 'epoch', cluster, epoch: Number(highest ?? '0') });
    }
  }

  #isNew(key: string, value: string): boolean {
    const isNew = this.#seen.get(key) !== value;
    this.#seen.set(key, value);
    return isNew;
  }
}
