import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { clientDefaults } from './aws-client';
import { ImageLookup } from './aws-image';
import { InstanceList } from './aws-instances';
import { groupName, nodeVersion, VERSION_TAG } from './aws-names';
import { namesByTag } from './aws-node-names';
import type { Fleet } from './port';

export interface AwsFleetOptions {
  /** Name of the environment, e.g. `prod-realtime`: a cluster's group is `prod-realtime-game`. */
  readonly stack: string;
  /** A monotonic clock, in milliseconds. @default performance.now */
  readonly nowMs?: () => number;
}

/** A call with all its retries ends within this time, in milliseconds. */
const CALL_LIMIT_MS = 10_000;

/**
 * The fleet on AWS: Auto Scaling groups and EC2. Region, credentials and endpoint come from where the SDK looks for them
 * (`AWS_REGION`, the instance's role, `AWS_ENDPOINT_URL`); the SDK repeats what fails or is throttled, and slows itself down.
 *
 * Calls per second, of one balancer with two clusters: at most 1 `DescribeInstances` for each 1,000 instances of a cluster (one
 * listing in 2 s each), 1 `DescribeLaunchTemplateVersions` a minute for each cluster, and one or two calls for each `group` and order.
 * Where nodes have names, Route 53 is asked at most 1.5 times a second, and mostly not at all.
 */
export function awsFleet(options: AwsFleetOptions): Fleet {
  const nowMs = options.nowMs ?? (() => performance.now());
  const client = { ...clientDefaults(), retryMode: 'adaptive', maxAttempts: 4 };
  const ec2 = new EC2Client(client);
  const autoScaling = new AutoScalingClient(client);
  // A second decrement would take one node too many: this order is never repeated blindly. Whoever repeats it looks first.
  const onceOnly = new AutoScalingClient({ ...clientDefaults(), maxAttempts: 1 });
  const lists = new Map<string, InstanceList>();
  const images = new ImageLookup(ec2, nowMs);
  const names = namesByTag(ec2, nowMs);
  const name = (cluster: string) => groupName(options.stack, cluster);
  const within = (limit?: AbortSignal) => {
    limit?.throwIfAborted();
    const own = AbortSignal.timeout(CALL_LIMIT_MS);
    return { abortSignal: limit === undefined ? own : AbortSignal.any([limit, own]) };
  };

  function list(cluster: string): InstanceList {
    const known = lists.get(cluster);
    if (known !== undefined) return known;
    const created = new InstanceList({ ec2, cluster, groupName: name(cluster), names, nowMs });
    lists.set(cluster, created);
    return created;
  }

  async function describeGroup(cluster: string, limit?: AbortSignal): Promise<AutoScalingGroup> {
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name(cluster)] });
    const [group] = (await autoScaling.send(command, within(limit))).AutoScalingGroups ?? [];
    if (group === undefined)
      throw new Error(`There is no Auto Scaling group ${name(cluster)}: is ${options.stack} deployed?`);
    return group;
  }

  /** Whether the instance is in the group, in service or soon, and not on its way out. */
  async function isThere(cluster: string, nodeId: string, limit?: AbortSignal): Promise<boolean> {
    const command = new DescribeAutoScalingInstancesCommand({ InstanceIds: [nodeId] });
    const [found] = (await autoScaling.send(command, within(limit))).AutoScalingInstances ?? [];
    if (found === undefined) return false;
    if (found.AutoScalingGroupName !== name(cluster)) {
      throw new Error(`${nodeId} is in the group ${found.AutoScalingGroupName}, not in ${name(cluster)}`);
    }
    return !/^(Terminat|Detach|Warmed)/.test(found.LifecycleState ?? '');
  }

  return {
    describe: (cluster) => list(cluster).read(),

    async group(cluster) {
      const group = await describeGroup(cluster);
      const version = group.Tags?.find(({ Key }) => Key === VERSION_TAG)?.Value;
      const image = version === undefined ? null : await images.of(templateOf(group));
      return {
        cluster,
        desired: group.DesiredCapacity ?? 0,
        wantedVersion: version === undefined || image === null ? null : nodeVersion(version, image),
      };
    },

    async grow(cluster, size, limit) {
      const { DesiredCapacity: desired = 0, MaxSize: most = 0 } = await describeGroup(cluster, limit);
      if (size <= desired) return;
      if (most > desired) {
        const wanted = {
          AutoScalingGroupName: name(cluster),
          DesiredCapacity: Math.min(size, most),
          HonorCooldown: false,
        };
        await autoScaling.send(new SetDesiredCapacityCommand(wanted), within(limit));
        list(cluster).expire();
      }
      if (size > most) {
        throw new Error(
          `${name(cluster)} has room for ${most} nodes, not ${size}: raise the cluster's maximum and deploy`,
        );
      }
    },

    async terminate(cluster, nodeId, limit) {
      if (!(await isThere(cluster, nodeId, limit))) return;
      const order = { InstanceId: nodeId, ShouldDecrementDesiredCapacity: true };
      await unlessGone(onceOnly.send(new TerminateInstanceInAutoScalingGroupCommand(order), within(limit)));
      list(cluster).expire();
    },

    async reportUnhealthy(cluster, nodeId, limit) {
      if (!(await isThere(cluster, nodeId, limit))) return;
      const order = { InstanceId: nodeId, HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: false };
      await unlessGone(autoScaling.send(new SetInstanceHealthCommand(order), within(limit)));
    },
  };
}

/** A group of mixed instances names its template elsewhere. */
function templateOf({ LaunchTemplate: only, MixedInstancesPolicy: mixed }: AutoScalingGroup) {
  return only ?? mixed?.LaunchTemplate?.LaunchTemplateSpecification;
}

/** Auto Scaling's only sign that an instance has left its group is the text of a validation error. */
async function unlessGone(order: Promise<unknown>): Promise<void> {
  try {
    await order;
  } catch (error) {
    const gone =
      error instanceof Error && error.name === 'ValidationError' && /no managed instance found/i.test(error.message);
    if (!gone) throw error;
  }
}
