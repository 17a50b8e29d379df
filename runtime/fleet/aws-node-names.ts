import { type EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { Records } from './aws-records';
import { NodeNames } from './node-names';

/** The most values that EC2 takes in one filter. */
const FILTER_VALUES = 200;
/** A call with all its retries ends within this time, in milliseconds. */
const CALL_LIMIT_MS = 10_000;
/** Every state but that of an instance that has ended. */
const EXISTING = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];

/** Who sees to the names of nodes, by the value of their tag: one for each domain. */
export function namesByTag(ec2: EC2Client, nowMs: () => number): (tag: string) => NodeNames {
  const byTag = new Map<string, NodeNames>();
  let lastWarning = '';
  const onFailure = (error: unknown) => {
    const warning = `Names of nodes: ${error instanceof Error ? error.message : String(error)}`;
    if (warning !== lastWarning) process.emitWarning(warning);
    lastWarning = warning;
  };
  return (tag) => {
    const known = byTag.get(tag);
    if (known !== undefined) return known;
    const [domain = '', zone = ''] = tag.split('/');
    const records = new Records(zone, domain);
    const existing = (nodeIds: readonly string[]) => existingOf(ec2, nodeIds);
    const created = new NodeNames({ domain, records, existing, onFailure, nowMs, wallMs: Date.now });
    byTag.set(tag, created);
    return created;
  };
}

async function existingOf(ec2: EC2Client, nodeIds: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let from = 0; from < nodeIds.length; from += FILTER_VALUES) {
    const filters = [
      { Name: 'instance-id', Values: nodeIds.slice(from, from + FILTER_VALUES) },
      { Name: 'instance-state-name', Values: EXISTING },
    ];
    const within = { abortSignal: AbortSignal.timeout(CALL_LIMIT_MS) };
    for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters: filters }, within)) {
      for (const { Instances: instances = [] } of page.Reservations ?? []) {
        for (const { InstanceId: id } of instances) if (id !== undefined) found.add(id);
      }
    }
  }
  return found;
}
