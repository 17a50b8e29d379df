import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { EPOCHS_PER_MS, type Lease } from '../core/lease';
import { codeName } from './codes';
import { answered } from './connection';
import { type LeaseKeys, leaseKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run } from './scripts';
import { leaseGrant } from './scripts/lease-grant.2';
import { leaseRenew } from './scripts/lease-renew.1';
import type { LeaseRegistry } from './types';

const Epoch = z.coerce.number().int().min(0);

/** A lease as its key holds it. */
const StoredLease = z
  .string()
  .regex(/^\S+ \d+$/)
  .transform((text): Lease => {
    const space = text.indexOf(' ');
    return { owner: text.slice(0, space), epoch: Number(text.slice(space + 1)) };
  });

/** The lease of one cluster, in Redis, beside what its owner writes. */
export class RedisLease implements LeaseRegistry {
  readonly #redis: ScriptedRedis;
  readonly #keys: LeaseKeys;

  constructor(redis: ScriptedRedis, stack: string, cluster: string) {
    this.#redis = redis;
    redis.scripts.prepare(leaseGrant, leaseRenew);
    this.#keys = leaseKeys(stack, cluster);
  }

  async read(): Promise<{ readonly lease: Lease | null; readonly epoch: number }> {
    const [lease, epoch] = await answered(this.#redis.mget(this.#keys.lease, this.#keys.epoch));
    return { lease: lease == null ? null : StoredLease.parse(lease), epoch: Epoch.parse(epoch ?? 0) };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    const reply = await run(this.#redis, leaseRenew, [this.#keys.lease], [text(lease), ttlMs]);
    return codeName(new Reply(leaseRenew, reply).int()) === 'OK';
  }

  async grant(expected: Lease | null, to: string, above: number, ttlMs: number): Promise<Lease | null> {
    const { lease, epoch } = this.#keys;
    // By how much is left to chance: two registries that do not know of each other (one was emptied) give different epochs.
    const args = [expected === null ? '' : text(expected), to, above, 1 + randomInt(EPOCHS_PER_MS), ttlMs];
    const reply = new Reply(leaseGrant, await run(this.#redis, leaseGrant, [lease, epoch], args));
    return codeName(reply.int()) === 'OK' ? { owner: to, epoch: Epoch.parse(reply.text()) } : null;
  }
}

function text({ owner, epoch }: Lease): string {
  return `${owner} ${epoch}`;
}
