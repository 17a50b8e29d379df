import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type Instance,
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
} from '@aws-sdk/client-ec2';
import { CLUSTER_TAG } from '../fleet/aws-names';
import type { RunningInstance } from './facts';

/** The time limit of a call. */
export interface Send {
  readonly abortSignal: AbortSignal;
}

export async function openZones(ec2: EC2Client, send: Send): Promise<string[]> {
  const command = new DescribeAvailabilityZonesCommand({
    Filters: [
      { Name: 'zone-type', Values: ['availability-zone'] },
      { Name: 'state', Values: ['available'] },
    ],
  });
  const { AvailabilityZones: zones = [] } = await ec2.send(command, send);
  return zones.flatMap(({ ZoneName: name }) => (name === undefined ? [] : [name])).sort();
}

/** By filter, as by name one unknown type would fail them all. */
export async function instanceTypes(ec2: EC2Client, wanted: readonly string[], send: Send) {
  const filter = [{ Name: 'instance-type', Values: [...wanted] }];
  const types = new Map<string, { vcpus: number; zones: string[] }>();
  for await (const page of paginateDescribeInstanceTypes({ client: ec2 }, { Filters: filter }, send)) {
    for (const { InstanceType: type, VCpuInfo: cpus } of page.InstanceTypes ?? []) {
      if (type !== undefined) types.set(type, { vcpus: cpus?.DefaultVCpus ?? 0, zones: [] });
    }
  }
  const command = new DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone', Filters: filter });
  const { InstanceTypeOfferings: offerings = [] } = await ec2.send(command, send);
  for (const { InstanceType: type, Location: zone } of offerings) {
    if (type !== undefined && zone !== undefined) types.get(type)?.zones.push(zone);
  }
  return types;
}

export async function runningInstances(ec2: EC2Client, stack: string, send: Send): Promise<RunningInstance[]> {
  const input = { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] };
  const running: RunningInstance[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, input, send)) {
    for (const { Instances: instances = [] } of page.Reservations ?? []) {
      running.push(...instances.map((instance) => describe(instance, stack)));
    }
  }
  return running;
}

function describe(
  { InstanceType, InstanceLifecycle, CpuOptions, Tags = [] }: Instance,
  stack: string,
): RunningInstance {
  const cluster = Tags.find(({ Key }) => Key === CLUSTER_TAG)?.Value ?? '';
  return {
    type: InstanceType ?? '',
    market: InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    vcpus: (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1),
    ours: cluster.startsWith(`${stack}-`),
  };
}

export async function freePublicAddresses(ec2: EC2Client, stack: string, send: Send): Promise<number[]> {
  const command = new DescribeSubnetsCommand({
    Filters: [
      { Name: 'tag:aws:cloudformation:stack-name', Values: [stack] },
      { Name: 'tag:aws-cdk:subnet-type', Values: ['Public'] },
    ],
  });
  const { Subnets: subnets = [] } = await ec2.send(command, send);
  return subnets.map(({ AvailableIpAddressCount: free = 0 }) => free);
}
