import { type EC2Client, type Instance as Ec2Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { CLUSTER_TAG, PORT_TAG } from './aws-names';
import type { Instance } from './port';

interface InstanceListOptions {
  readonly ec2: EC2Client;
  readonly cluster: string;
  /** Value of the instances' cluster tag. */
  readonly groupName: string;
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
}

/** A listing serves this long, in milliseconds: callers ask every second, EC2 is asked half as often. */
const FRESH_MS = 2_000;
/** All pages are read within this time, in milliseconds. */
const LIST_LIMIT_MS = 10_000;
/** The most that EC2 puts on one page. */
const PAGE_SIZE = 1_000;
/**
 * EC2 shows instances that have ended for an hour. One that is suddenly not listed at all has therefore hardly ended; rather, the
 * copy that answered is behind. It is believed after this long, in milliseconds.
 */
const ABSENT_MS = 10_000;

interface Seen {
  readonly instance: Instance;
  readonly atMs: number;
}

/** The instances of one cluster, by their tag. One whose tags appear late is found by a later listing. */
export class InstanceList {
  readonly #options: InstanceListOptions;
  #seen = new Map<string, Seen>();
  #listed: { readonly instances: readonly Instance[]; readonly atMs: number } | null = null;
  #listing: { readonly instances: Promise<readonly Instance[]> } | null = null;

  constructor(options: InstanceListOptions) {
    this.#options = options;
  }

  /** At most 2 s old; callers at one time share a listing. Rejects when EC2 does not answer with all pages. */
  async read(): Promise<readonly Instance[]> {
    if (this.#listed !== null && this.#options.nowMs() - this.#listed.atMs < FRESH_MS) return this.#listed.instances;
    if (this.#listing !== null) return this.#listing.instances;
    const listing = { askedMs: this.#options.nowMs(), instances: this.#list() };
    this.#listing = listing;
    try {
      const instances = await listing.instances;
      if (this.#listing === listing) this.#listed = { instances, atMs: listing.askedMs };
      return instances;
    } finally {
      if (this.#listing === listing) this.#listing = null;
    }
  }

  /** Something was changed: the next reader gets a listing from after that. */
  expire(): void {
    this.#listed = null;
    this.#listing = null;
  }

  async #list(): Promise<readonly Instance[]> {
    const { ec2, groupName, nowMs } = this.#options;
    const askedMs = nowMs();
    const ended = new Set<string>();
    const filters = [{ Name: `tag:${CLUSTER_TAG}`, Values: [groupName] }];
    const pages = paginateDescribeInstances(
      { client: ec2, pageSize: PAGE_SIZE },
      { Filters: filters },
      {
        abortSignal: AbortSignal.timeout(LIST_LIMIT_MS),
      },
    );
    const seen = new Map<string, Seen>();
    for await (const { Reservations: reservations = [] } of pages) {
      for (const found of reservations.flatMap(({ Instances: instances = [] }) => instances)) {
        const instance = this.#instance(found);
        if (instance !== null) seen.set(instance.nodeId, { instance, atMs: askedMs });
        else if (found.InstanceId !== undefined) ended.add(found.InstanceId);
      }
    }
    for (const [nodeId, last] of this.#seen) {
      if (!seen.has(nodeId) && !ended.has(nodeId) && askedMs - last.atMs < ABSENT_MS) seen.set(nodeId, last);
    }
    this.#seen = seen;
    return [...seen.values()].map(({ instance }) => instance);
  }

  /** Null for one that has ended. */
  #instance(found: Ec2Instance): Instance | null {
    const state = stateOf(found.State?.Name);
    if (state === null || found.InstanceId === undefined) return null;
    // Within the network this name leads to the private address, so that polls stay inside. Addresses by number are of no use to
    // players in networks with IPv6 only.
    const host = found.PublicDnsName || found.PublicIpAddress;
    const port = found.Tags?.find(({ Key }) => Key === PORT_TAG)?.Value;
    return {
      nodeId: found.InstanceId,
      cluster: this.#options.cluster,
      endpoint: host && port ? `http://${host}:${port}` : null,
      zone: found.Placement?.AvailabilityZone ?? 'unknown',
      launchedAtMs: found.LaunchTime?.getTime() ?? 0,
      state,
    };
  }
}

function stateOf(name: string | undefined): Instance['state'] | null {
  if (name === 'pending' || name === 'running') return name;
  return name === 'terminated' || name === undefined ? null : 'terminating';
}
