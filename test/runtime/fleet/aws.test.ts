import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  type Instance as Ec2Instance,
  type InstanceStateName,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { awsFleet } from '../../../runtime/fleet/aws';

process.env.AWS_REGION = 'ap-northeast-1';

const ec2 = mockClient(EC2Client);
const autoScaling = mockClient(AutoScalingClient);

let nowMs = 0;
const newFleet = () => awsFleet({ stack: 'prod-realtime', nowMs: () => nowMs });

beforeEach(() => {
  nowMs = 0;
  ec2.reset();
  autoScaling.reset();
});

function machine(id: string, state: InstanceStateName = 'running', over: Partial<Ec2Instance> = {}): Ec2Instance {
  return {
    InstanceId: id,
    State: { Name: state },
    PublicDnsName: `ec2-${id}.example`,
    PublicIpAddress: '203.0.113.7',
    Placement: { AvailabilityZone: 'ap-northeast-1a' },
    LaunchTime: new Date(1_700_000_000_000),
    Tags: [
      { Key: 'realtime-fleet:cluster', Value: 'prod-realtime-game' },
      { Key: 'realtime-fleet:port', Value: '8080' },
    ],
    ...over,
  };
}

function listed(...machines: Ec2Instance[]): void {
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: machines }] });
}

async function ids(fleet: ReturnType<typeof newFleet>): Promise<string[]> {
  return (await fleet.describe('game')).map(({ nodeId }) => nodeId).sort();
}

describe('describe', () => {
  it("asks for the cluster's tag, and reads every page and all instances of each reservation", async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({
        Reservations: [{ Instances: [machine('i-1'), machine('i-2')] }, { Instances: [machine('i-3')] }],
        NextToken: 'more',
      })
      .resolvesOnce({ Reservations: [{ Instances: [machine('i-4')] }] });
    expect(await ids(newFleet())).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
    const [first, second] = ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input);
    expect(first).toMatchObject({
      Filters: [{ Name: 'tag:realtime-fleet:cluster', Values: ['prod-realtime-game'] }],
      MaxResults: 1_000,
    });
    expect(second?.NextToken).toBe('more');
  });

  it('says where each is and how far', async () => {
    listed(
      machine('i-1'),
      machine('i-2', 'pending', { PublicDnsName: '', PublicIpAddress: undefined }),
      machine('i-3', 'shutting-down', { PublicDnsName: '' }),
      machine('i-4', 'terminated'),
      machine('i-5', 'stopped'),
      machine('i-6', 'running', { Tags: [] }),
    );
    const found = await newFleet().describe('game');
    expect(found[0]).toEqual({
      nodeId: 'i-1',
      cluster: 'game',
      endpoint: 'http://ec2-i-1.example:8080',
      zone: 'ap-northeast-1a',
      launchedAtMs: 1_700_000_000_000,
      state: 'running',
    });
    expect(found.slice(1).map(({ nodeId, state, endpoint }) => [nodeId, state, endpoint])).toEqual([
      ['i-2', 'pending', null],
      ['i-3', 'terminating', 'http://203.0.113.7:8080'],
      ['i-5', 'terminating', 'http://ec2-i-5.example:8080'],
      ['i-6', 'running', null],
    ]);
  });

  it('asks at most every 2 s, and once for all who ask meanwhile', async () => {
    listed(machine('i-1'));
    const fleet = newFleet();
    await Promise.all([ids(fleet), ids(fleet)]);
    nowMs = 1_999;
    await ids(fleet);
    expect(ec2.commandCalls(DescribeInstancesCommand)).toHaveLength(1);
    nowMs = 2_000;
    await ids(fleet);
    expect(ec2.commandCalls(DescribeInstancesCommand)).toHaveLength(2);
  });

  it('finds an instance whose tags appear late', async () => {
    const fleet = newFleet();
    listed(machine('i-1'));
    await ids(fleet);
    listed(machine('i-1'), machine('i-2'));
    nowMs = 2_000;
    expect(await ids(fleet)).toEqual(['i-1', 'i-2']);
  });

  it('does not take one for gone that a copy of EC2 does not know yet', async () => {
    const fleet = newFleet();
    listed(machine('i-1'), machine('i-2', 'pending'));
    await ids(fleet);
    listed(machine('i-1'));
    nowMs = 5_000;
    expect(await ids(fleet)).toEqual(['i-1', 'i-2']);
    nowMs = 12_000;
    expect(await ids(fleet)).toEqual(['i-1']);
  });

  it('takes one for gone at once that has terminated', async () => {
    const fleet = newFleet();
    listed(machine('i-1'), machine('i-2'));
    await ids(fleet);
    listed(machine('i-1'), machine('i-2', 'terminated'));
    nowMs = 2_000;
    expect(await ids(fleet)).toEqual(['i-1']);
  });

  it('rejects when one page fails: half a list is none', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ Reservations: [{ Instances: [machine('i-1')] }], NextToken: 'more' })
      .rejectsOnce(new Error('RequestLimitExceeded'))
      .resolves({ Reservations: [{ Instances: [machine('i-1')] }] });
    const fleet = newFleet();
    await expect(fleet.describe('game')).rejects.toThrow('RequestLimitExceeded');
    expect(await ids(fleet)).toEqual(['i-1']);
  });
});

function aGroup(desired: number, most: number, over: object = {}): void {
  const group = { AutoScalingGroupName: 'prod-realtime-game', MinSize: 0, MaxSize: most, DesiredCapacity: desired };
  const fixed = { DefaultCooldown: 300, AvailabilityZones: [], HealthCheckType: 'EC2', CreatedTime: new Date() };
  autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [{ ...group, ...fixed, ...over }] });
}

describe('group', () => {
  const versioned = {
    Tags: [{ Key: 'realtime-fleet:version', Value: 'abc123' }],
    LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '7' },
  };
  function image(id: string): void {
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [{ LaunchTemplateData: { ImageId: id } }],
    });
  }

  it('says the wanted size, and the version: configuration and the image that the parameter names now', async () => {
    aGroup(25, 125, versioned);
    image('ami-1');
    expect(await newFleet().group('game')).toEqual({ cluster: 'game', desired: 25, wantedVersion: 'abc123-ami-1' });
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)[0]?.args[0].input).toEqual({
      LaunchTemplateId: 'lt-1',
      Versions: ['7'],
      ResolveAlias: true,
    });
  });

  it('finds the template of a group with Spot instances', async () => {
    const { LaunchTemplate: template, ...rest } = versioned;
    const policy = { LaunchTemplate: { LaunchTemplateSpecification: template, Overrides: [] } };
    aGroup(25, 125, { ...rest, MixedInstancesPolicy: policy });
    image('ami-1');
    expect((await newFleet().group('game')).wantedVersion).toBe('abc123-ami-1');
  });

  it('sees a new image within a minute, without asking each time', async () => {
    aGroup(25, 125, versioned);
    image('ami-1');
    const fleet = newFleet();
    await fleet.group('game');
    image('ami-2');
    nowMs = 59_999;
    expect((await fleet.group('game')).wantedVersion).toBe('abc123-ami-1');
    nowMs = 60_000;
    expect((await fleet.group('game')).wantedVersion).toBe('abc123-ami-2');
  });

  it('sees a new version of the template at once', async () => {
    aGroup(25, 125, versioned);
    image('ami-1');
    const fleet = newFleet();
    await fleet.group('game');
    aGroup(25, 125, { ...versioned, LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '8' } });
    image('ami-2');
    expect((await fleet.group('game')).wantedVersion).toBe('abc123-ami-2');
  });

  it('goes on without a version when AWS does not say the image', async () => {
    aGroup(25, 125, versioned);
    ec2.on(DescribeLaunchTemplateVersionsCommand).rejects(new Error('UnauthorizedOperation'));
    expect(await newFleet().group('game')).toEqual({ cluster: 'game', desired: 25, wantedVersion: null });
    image('resolve:ssm:/some/parameter');
    expect((await newFleet().group('game')).wantedVersion).toBeNull();
  });

  it('says which group is missing', async () => {
    autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
    await expect(newFleet().group('chat')).rejects.toThrow('no Auto Scaling group prod-realtime-chat');
  });
});

describe('grow', () => {
  const wanted = () => autoScaling.commandCalls(SetDesiredCapacityCommand).map(({ args }) => args[0].input);

  it('sets the absolute size', async () => {
    aGroup(10, 125);
    await newFleet().grow('game', 14);
    expect(wanted()).toEqual([
      { AutoScalingGroupName: 'prod-realtime-game', DesiredCapacity: 14, HonorCooldown: false },
    ]);
  });

  it('never shrinks', async () => {
    aGroup(10, 125);
    await newFleet().grow('game', 10);
    await newFleet().grow('game', 9);
    expect(wanted()).toEqual([]);
  });

  it("goes as far as the group's maximum, and says that it was not enough", async () => {
    aGroup(10, 12);
    await expect(newFleet().grow('game', 20)).rejects.toThrow('has room for 12 nodes, not 20');
    expect(wanted()).toMatchObject([{ DesiredCapacity: 12 }]);
    aGroup(12, 12);
    await expect(newFleet().grow('game', 20)).rejects.toThrow('raise the cluster');
    expect(wanted()).toHaveLength(1);
  });

  it('changes nothing any more once its time is over', async () => {
    const time = new AbortController();
    autoScaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => {
      time.abort(new Error('too late'));
      return { AutoScalingGroups: [{ DesiredCapacity: 10, MaxSize: 125 }] };
    });
    await expect(newFleet().grow('game', 14, time.signal)).rejects.toThrow('too late');
    expect(wanted()).toEqual([]);
  });
});

function member(lifecycle: string, group = 'prod-realtime-game'): void {
  autoScaling.on(DescribeAutoScalingInstancesCommand).resolves({
    AutoScalingInstances: [
      {
        InstanceId: 'i-1',
        AutoScalingGroupName: group,
        AvailabilityZone: 'ap-northeast-1a',
        LifecycleState: lifecycle,
        HealthStatus: 'HEALTHY',
        ProtectedFromScaleIn: true,
      },
    ],
  });
}

function stranger(): void {
  autoScaling.on(DescribeAutoScalingInstancesCommand).resolves({ AutoScalingInstances: [] });
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { name: 'ValidationError' });
}
const GONE = 'Instance Id not found - No managed instance found for instance ID i-1';

describe('terminate', () => {
  const orders = () =>
    autoScaling.commandCalls(TerminateInstanceInAutoScalingGroupCommand).map(({ args }) => args[0].input);

  it('takes exactly this instance, and lowers the size', async () => {
    member('InService');
    await newFleet().terminate('game', 'i-1');
    expect(orders()).toEqual([{ InstanceId: 'i-1', ShouldDecrementDesiredCapacity: true }]);
  });

  it.each(['Terminating', 'Terminating:Wait', 'Terminated', 'Detached', 'Warmed:Stopped'])(
    'leaves one alone that is %s: the size would be lowered twice',
    async (lifecycle) => {
      member(lifecycle);
      await newFleet().terminate('game', 'i-1');
      expect(orders()).toEqual([]);
    },
  );

  it('is done when the instance has left the group, also in the middle of the order', async () => {
    stranger();
    await newFleet().terminate('game', 'i-1');
    expect(orders()).toEqual([]);
    member('InService');
    autoScaling.on(TerminateInstanceInAutoScalingGroupCommand).rejects(refusal(GONE));
    await newFleet().terminate('game', 'i-1');
    expect(orders()).toHaveLength(1);
  });

  it('gives no order any more once its time is over', async () => {
    const time = new AbortController();
    const instance = { InstanceId: 'i-1', AutoScalingGroupName: 'prod-realtime-game', LifecycleState: 'InService' };
    autoScaling.on(DescribeAutoScalingInstancesCommand).callsFake(() => {
      time.abort(new Error('too late'));
      return { AutoScalingInstances: [instance] };
    });
    await expect(newFleet().terminate('game', 'i-1', time.signal)).rejects.toThrow('too late');
    await expect(newFleet().reportUnhealthy('game', 'i-1', time.signal)).rejects.toThrow('too late');
    expect(orders()).toEqual([]);
  });

  it("refuses an instance of another cluster's group", async () => {
    member('InService', 'prod-realtime-lobby');
    await expect(newFleet().terminate('game', 'i-1')).rejects.toThrow('is in the group prod-realtime-lobby');
    expect(orders()).toEqual([]);
  });

  it('rejects with any other refusal', async () => {
    member('InService');
    autoScaling.on(TerminateInstanceInAutoScalingGroupCommand).rejects(refusal('1 validation error detected'));
    await expect(newFleet().terminate('game', 'i-1')).rejects.toThrow('1 validation error');
  });

  it('shows in the next listing', async () => {
    const fleet = newFleet();
    member('InService');
    listed(machine('i-1'));
    await ids(fleet);
    await fleet.terminate('game', 'i-1');
    listed(machine('i-1', 'shutting-down'));
    expect((await fleet.describe('game'))[0]?.state).toBe('terminating');
  });
});

describe('reportUnhealthy', () => {
  const orders = () => autoScaling.commandCalls(SetInstanceHealthCommand).map(({ args }) => args[0].input);

  it('has the group replace it, without a grace period', async () => {
    member('InService');
    await newFleet().reportUnhealthy('game', 'i-1');
    expect(orders()).toEqual([{ InstanceId: 'i-1', HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: false }]);
  });

  it('is done when the instance is on its way out, or gone', async () => {
    member('Terminating');
    await newFleet().reportUnhealthy('game', 'i-1');
    stranger();
    await newFleet().reportUnhealthy('game', 'i-1');
    expect(orders()).toEqual([]);
    member('InService');
    autoScaling.on(SetInstanceHealthCommand).rejects(refusal(GONE));
    await newFleet().reportUnhealthy('game', 'i-1');
    expect(orders()).toHaveLength(1);
  });
});
