import { type EC2Client, type Instance as Ec2Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { CLUSTER_TAG, NAMES_TAG, PORT_TAG } from './aws-names';
import type { Named, NodeNames } from './node-names';
import type { Instance } from './port';

interface InstanceListOptions {
  readonly ec2: EC2Client;
  readonly cluster: string;
  /** Value of the instances' cluster tag. */
  readonly groupName: string;
  /** Who sees to the names of the nodes that have this tag. */
  readonly names: (tag: string) => Pick<NodeNames, 'want' | 'of'>;
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
    const all: Ec2Instance[] = [];
    for await (const { Reservations: reservations = [] } of pages) {
      all.push(...reservations.flatMap(({ Instances: instances = [] }) => instances));
    }
    this.#nameThem(all);
    const seen = new Map<string, Seen>();
    for (const found of all) {
      const instance = this.#instance(found);
      if (instance !== null) seen.set(instance.nodeId, { instance, atMs: askedMs });
      else if (found.InstanceId !== undefined) ended.add(found.InstanceId);
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
    return {
      nodeId: found.InstanceId,
      cluster: this.#options.cluster,
      endpoint: this.#endpoint(found),
      zone: found.Placement?.AvailabilityZone ?? 'unknown',
      launchedAtMs: found.LaunchTime?.getTime() ?? 0,
      state,
    };
  }

  #endpoint(found: Ec2Instance): string | null {
    const host = hostOf(found);
    const port = tagOf(found, PORT_TAG);
    if (host === undefined || port === undefined) return null;
    const named = namedOf(found);
    if (named === null) return `http://${host}:${port}`;
    const name = this.#options.names(named.tag).of(named);
    return name === null ? null : `https://${name}:${port}`;
  }

  /** One that has ended, or has no address yet, needs no name. */
  #nameThem(all: readonly Ec2Instance[]): void {
    const { groupName, names } = this.#options;
    const byTag = new Map<string, Named[]>();
    for (const named of all.filter(({ State }) => stateOf(State?.Name) !== null).map(namedOf)) {
      if (named !== null) byTag.set(named.tag, [...(byTag.get(named.tag) ?? []), named]);
    }
    for (const [tag, nodes] of byTag) names(tag).want(groupName, nodes);
  }
}

function tagOf({ Tags = [] }: Ec2Instance, key: string): string | undefined {
  return Tags.find(({ Key }) => Key === key)?.Value;
}

/**
 * Within the network the public DNS name leads to the private address, so that polls stay inside. Addresses by number are of no use
 * to players in networks with IPv6 only.
 */
function hostOf({ PublicDnsName: name, PublicIpAddress: address }: Ec2Instance): string | undefined {
  return name || address || undefined;
}

/** Null for an instance without a name of its own. */
function namedOf(found: Ec2Instance): (Named & { readonly tag: string }) | null {
  const [tag, target, nodeId] = [tagOf(found, NAMES_TAG), hostOf(found), found.InstanceId];
  if (tag === undefined || target === undefined || nodeId === undefined) return null;
  return { tag, target, nodeId, launchedAtMs: found.LaunchTime?.getTime() ?? 0 };
}

function stateOf(name: string | undefined): Instance['state'] | null {
  if (name === 'pending' || name === 'running') return name;
  return name === 'terminated' || name === undefined ? null : 'terminating';
}
