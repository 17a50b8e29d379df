import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { clientDefaults } from './aws-client';
import { CLUSTER_TAG } from './aws-names';

/** An answer serves this long, in milliseconds: whoever connects asks several times a second, EC2 is asked at most once in this time. */
const FRESH_MS = 5_000;
/** A call with all its retries ends within this time, in milliseconds. */
const CALL_LIMIT_MS = 5_000;

/**
 * Where the one instance of a group is: a group of one gives its instance no fixed address, and another one whenever it is
 * replaced. Of two that run at once, the one launched last.
 * @param nowMs a monotonic clock, in milliseconds.
 * @returns asks for its private address. Rejects when none runs, or EC2 does not answer.
 */
export function awsAddress(group: string, nowMs: () => number = () => performance.now()): () => Promise<string> {
  const ec2 = new EC2Client({ ...clientDefaults(), maxAttempts: 3 });
  let asked: { readonly atMs: number; readonly address: Promise<string> } | undefined;
  const ask = async (): Promise<string> => {
    const command = new DescribeInstancesCommand({
      Filters: [
        { Name: `tag:${CLUSTER_TAG}`, Values: [group] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
    });
    const { Reservations: found = [] } = await ec2.send(command, { abortSignal: AbortSignal.timeout(CALL_LIMIT_MS) });
    const instances = found.flatMap(({ Instances: all = [] }) => all).sort((a, b) => launchedMs(b) - launchedMs(a));
    const address = instances.find(({ PrivateIpAddress: known }) => known !== undefined)?.PrivateIpAddress;
    if (address === undefined) throw new Error(`no instance of ${group} is running`);
    return address;
  };
  return () => {
    if (asked === undefined || nowMs() - asked.atMs >= FRESH_MS) asked = { atMs: nowMs(), address: ask() };
    return asked.address;
  };
}

function launchedMs({ LaunchTime: launched }: Instance): number {
  return launched?.getTime() ?? 0;
}
