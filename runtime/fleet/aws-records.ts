import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { clientDefaults } from './aws-client';

/** The name of a node, and what it stands for: another name, or an IPv4 address. */
export interface NodeRecord {
  readonly name: string;
  readonly target: string;
}

/** A call with all its retries ends within this time, in milliseconds. */
const CALL_LIMIT_MS = 10_000;
/** How long others may go on with an answer, in seconds. A node's id is never used again, so this only matters when it is gone. */
const TTL_S = 60;

/** Names of nodes in a hosted zone of Route 53. */
export class Records {
  readonly #zone: string;
  readonly #domain: string;
  /** Route 53 allows an account 5 calls a second, all in all. */
  readonly #client = new Route53Client({ ...clientDefaults(), retryMode: 'adaptive', maxAttempts: 4 });

  /** @param domain e.g. `nodes.example.com`; a name has one label more. */
  constructor(zone: string, domain: string) {
    this.#zone = zone;
    this.#domain = domain;
  }

  /** All of the domain that could be ours. Rejects when Route 53 does not answer with all pages. */
  async list(): Promise<NodeRecord[]> {
    const suffix = `.${this.#domain}`;
    const records: NodeRecord[] = [];
    let from: Omit<ListResourceRecordSetsCommandInput, 'HostedZoneId'> | null = { StartRecordName: this.#domain };
    while (from !== null) {
      const command: ListResourceRecordSetsCommand = new ListResourceRecordSetsCommand({
        HostedZoneId: this.#zone,
        ...from,
      });
      const page = await this.#client.send(command, within());
      for (const { Name, Type, ResourceRecords: [record] = [] } of page.ResourceRecordSets ?? []) {
        const name = Name?.replace(/\.$/, '') ?? '';
        const node = name.endsWith(suffix) && !name.slice(0, -suffix.length).includes('.');
        if (node && (Type === 'CNAME' || Type === 'A') && record?.Value) records.push({ name, target: record.Value });
      }
      const { IsTruncated: more, NextRecordName: name, NextRecordType: type } = page;
      // Sorted by their last label first, so that all names of a domain stand together.
      const ours = more && name !== undefined && `.${name.replace(/\.$/, '')}`.endsWith(suffix);
      from = ours ? { StartRecordName: name, ...(type !== undefined && { StartRecordType: type }) } : null;
    }
    return records;
  }

  /** Makes these names, or changes what they stand for, all or none. The id of the change. */
  upsert(records: readonly NodeRecord[]): Promise<string> {
    return this.#change(records.map((record) => ({ Action: 'UPSERT', ResourceRecordSet: recordSet(record) })));
  }

  /** Removes these names, all or none: rejects when one is not as it is given. The id of the change. */
  remove(records: readonly NodeRecord[]): Promise<string> {
    return this.#change(records.map((record) => ({ Action: 'DELETE', ResourceRecordSet: recordSet(record) })));
  }

  /** Whether all name servers know of the change. */
  async isInSync(changeId: string): Promise<boolean> {
    const { ChangeInfo: change } = await this.#client.send(new GetChangeCommand({ Id: changeId }), within());
    return change?.Status === 'INSYNC';
  }

  async #change(changes: Change[]): Promise<string> {
    const command = new ChangeResourceRecordSetsCommand({
      HostedZoneId: this.#zone,
      ChangeBatch: { Changes: changes },
    });
    const { ChangeInfo: change } = await this.#client.send(command, within());
    if (change?.Id === undefined) throw new Error('Route 53 gave no id of the change');
    return change.Id;
  }
}

function recordSet({ name, target }: NodeRecord): ResourceRecordSet {
  const type = /^\d+\.\d+\.\d+\.\d+$/.test(target) ? 'A' : 'CNAME';
  return { Name: name, Type: type, TTL: TTL_S, ResourceRecords: [{ Value: target }] };
}

function within(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_LIMIT_MS) };
}
