import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resource, resources, type Synthesised, synthesise, text } from './synthesised';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const TEMPLATE = 'AWS::EC2::LaunchTemplate';

let prod: Synthesised;
beforeAll(() => {
  prod = synthesise({ instanceNum: '50' });
}, 60_000);

const nodeGroups = () => [resource(prod, GROUP, 'Lobby'), resource(prod, GROUP, 'Game')];
const balancerGroups = () => [resource(prod, GROUP, 'BalancersFirst'), resource(prod, GROUP, 'BalancersSecond')];

/** Calls that custom resources make, by when they make them. */
function calls(): { create?: string; update?: string; delete?: string }[] {
  return resources(prod, 'Custom::AWS').map(([, { Properties }]) => ({
    ...(Properties.Create === undefined ? {} : { create: text(Properties.Create) }),
    ...(Properties.Update === undefined ? {} : { update: text(Properties.Update) }),
    ...(Properties.Delete === undefined ? {} : { delete: text(Properties.Delete) }),
  }));
}

describe('groups of nodes', () => {
  it('have no DesiredCapacity: a later deploy would undo what the autoscaler decided', () => {
    for (const [, group] of resources(prod, GROUP)) expect(group.Properties).not.toHaveProperty('DesiredCapacity');
  });

  it('get half of instanceNum each, once, when they are created', () => {
    const sizes = calls().filter(({ create }) => create?.includes('setDesiredCapacity'));
    expect(sizes.map(({ create }) => JSON.parse(create ?? '').parameters)).toEqual([
      { AutoScalingGroupName: 'prod-realtime-lobby', DesiredCapacity: 25, HonorCooldown: false },
      { AutoScalingGroupName: 'prod-realtime-game', DesiredCapacity: 25, HonorCooldown: false },
    ]);
    for (const call of calls()) expect(call).not.toHaveProperty('update');
  });

  it('keep their sizes in a later deploy, whatever its instanceNum: only calls change that are made at creation', () => {
    const [before = '', after = ''] = ['4', '50'].map((instanceNum) =>
      JSON.stringify(synthesise({ instanceNum }).template.toJSON()),
    );
    const sizes = /\\"DesiredCapacity\\":\d+/g;
    expect(before.match(sizes)).toHaveLength(2);
    expect(after).not.toBe(before);
    expect(after.replaceAll(sizes, '')).toBe(before.replaceAll(sizes, ''));
  });

  it('are not rebalanced over the zones, from before they get their first size', () => {
    const suspended = calls().filter(({ create }) => create?.includes('suspendProcesses'));
    expect(suspended.map(({ create }) => JSON.parse(create ?? '').parameters)).toEqual([
      { AutoScalingGroupName: 'prod-realtime-lobby', ScalingProcesses: ['AZRebalance'] },
      { AutoScalingGroupName: 'prod-realtime-game', ScalingProcesses: ['AZRebalance'] },
    ]);
    const sizes = resources(prod, 'Custom::AWS').filter(([, { Properties }]) =>
      text(Properties.Create ?? '').includes('setDesiredCapacity'),
    );
    expect(sizes).toHaveLength(2);
    for (const [id, size] of sizes) {
      const fleet = id.startsWith('Lobby') ? 'Lobby' : 'Game';
      expect(size.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(`^${fleet}FirstSizeNoRebalance`)]));
      expect(size.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(`^${fleet}GroupASG`)]));
    }
  });

  it('are deleted with their instances when they leave the stack, as those are protected; and never by a deploy', () => {
    const deletions = resources(prod, 'Custom::AWS').filter(([, { Properties }]) => Properties.Delete !== undefined);
    // The logical ids never change: CloudFormation would take the old one for deleted.
    expect(deletions.map(([id]) => id)).toEqual(['ForceDeletelobby', 'ForceDeletegame']);
    for (const [id, { Properties, DependsOn }] of deletions) {
      const cluster = id.replace('ForceDelete', '');
      expect(JSON.parse(text(Properties.Delete))).toMatchObject({
        action: 'deleteAutoScalingGroup',
        parameters: { AutoScalingGroupName: `prod-realtime-${cluster}`, ForceDelete: true },
      });
      expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^${cluster}Group`, 'i'))]));
    }
  });

  it('and nothing else of the stack need the result of a custom resource', () => {
    const custom = resources(prod, 'Custom::AWS').map(([id]) => id);
    const whole = JSON.stringify(prod.template.toJSON());
    for (const id of custom) expect(whole).not.toMatch(new RegExp(`"(Ref|Fn::GetAtt)":\\[?"${id}"`));
  });

  it('have no minimum, and a maximum with room for the surge of a replacement', () => {
    for (const { Properties } of nodeGroups()) expect(Properties).toMatchObject({ MinSize: '0', MaxSize: '125' });
  });

  it('protect new instances from scale-in, and neither update nor refresh them', () => {
    for (const group of nodeGroups()) {
      expect(group.Properties.NewInstancesProtectedFromScaleIn).toBe(true);
      expect(group.UpdatePolicy).toBeUndefined();
    }
    prod.template.resourceCountIs('AWS::AutoScaling::ScalingPolicy', 0);
  });

  it('carry the tags that balancers find their instances by', () => {
    for (const [cluster, group] of [['lobby', nodeGroups()[0]] as const, ['game', nodeGroups()[1]] as const]) {
      expect(group?.Properties.AutoScalingGroupName).toBe(`prod-realtime-${cluster}`);
      expect(group?.Properties.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'realtime-fleet:cluster', Value: `prod-realtime-${cluster}`, PropagateAtLaunch: true },
          { Key: 'realtime-fleet:port', Value: '8080', PropagateAtLaunch: true },
          { Key: 'realtime-fleet:version', Value: expect.stringMatching(/^[0-9a-f]{12}$/), PropagateAtLaunch: false },
        ]),
      );
    }
  });
});

describe('balancers', () => {
  it('are two groups of one over all zones, replaced one after the other, each when the one before is ready', () => {
    for (const group of balancerGroups()) {
      expect(group.Properties).toMatchObject({ MinSize: '1', MaxSize: '1', HealthCheckType: 'ELB' });
      expect(group.Properties.VPCZoneIdentifier).toHaveLength(3);
      expect(group.UpdatePolicy).toMatchObject({
        AutoScalingRollingUpdate: { MaxBatchSize: 1, MinInstancesInService: 0, WaitOnResourceSignals: true },
      });
    }
    const [, second] = balancerGroups();
    expect(second?.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^BalancersFirstGroupASG/)]));
  });

  it('signal the group that they belong to', () => {
    for (const name of ['First', 'Second']) {
      const script = text(resource(prod, TEMPLATE, `Balancers${name}`).Properties.LaunchTemplateData.UserData);
      const [, id] = /cfn-signal --stack '\S+' --resource '(\w+)'/.exec(script) ?? [];
      expect(resources(prod, GROUP).map(([logicalId]) => logicalId)).toContain(id);
      expect(id?.startsWith(`Balancers${name}`)).toBe(true);
    }
  });

  it('are behind a load balancer that asks /healthz', () => {
    prod.template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/healthz',
      Port: 8080,
      Protocol: 'HTTP',
    });
    for (const group of balancerGroups()) expect(group.Properties.TargetGroupARNs).toHaveLength(1);
  });
});

describe('instances', () => {
  const templates = () => resources(prod, TEMPLATE).map(([, { Properties }]) => Properties.LaunchTemplateData);

  it('answer only to IMDSv2 within one hop, have no key pair, and an encrypted disk', () => {
    expect(templates()).toHaveLength(4);
    for (const data of templates()) {
      expect(data.MetadataOptions).toEqual({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
      expect(data).not.toHaveProperty('KeyName');
      expect(data.BlockDeviceMappings[0].Ebs.Encrypted).toBe(true);
    }
  });

  it('are launched from the image that the parameter names at that moment', () => {
    for (const data of templates())
      expect(data.ImageId).toMatch(/^resolve:ssm:\/aws\/service\/ami-amazon-linux-latest\//);
  });

  it('fetch the program that the hash names, unless the image has it, and check it', () => {
    for (const data of templates()) {
      const script = text(data.UserData);
      const [, sha256 = ''] = /pinned\(\) \{ echo '([0-9a-f]{64}) /.exec(script) ?? [];
      expect(script).toContain(`cp /opt/realtime-fleet/baked/${sha256}.js /opt/realtime-fleet/program.js`);
      expect(script).toMatch(
        /\|\| retry aws s3 cp --only-show-errors 's3:.*\.js' \/opt\/realtime-fleet\/program\.js\npinned\n/,
      );
      expect(script).toMatch(/systemctl enable .*realtime-fleet\.service/);
    }
  });

  it('have user data under 16 KB', () => {
    for (const data of templates()) expect(Buffer.byteLength(text(data.UserData))).toBeLessThan(16_384);
  });

  it('have user data that bash can read', () => {
    for (const data of templates()) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text(data.UserData), encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    }
  });

  it('of nodes cannot reach the credentials of their role from the program', () => {
    const callsAws = templates().map((data) => !text(data.UserData).includes('IPAddressDeny=169.254.169.254'));
    expect(callsAws.filter((calls) => calls)).toHaveLength(2);
  });
});

describe('the network', () => {
  it('has public subnets for instances and isolated ones for the registry, and no NAT gateway', () => {
    prod.template.resourceCountIs('AWS::EC2::NatGateway', 0);
    prod.template.resourceCountIs('AWS::EC2::Subnet', 6);
    // Routes to the internet: the public subnets' only.
    prod.template.resourceCountIs('AWS::EC2::Route', 3);
    for (const [, group] of resources(prod, GROUP)) {
      for (const subnet of group.Properties.VPCZoneIdentifier) expect(text(subnet)).toContain('PublicSubnet');
    }
    const { Properties } = resource(prod, 'AWS::ElastiCache::SubnetGroup', 'Registry');
    for (const subnet of Properties.SubnetIds) expect(text(subnet)).toContain('IsolatedSubnet');
  });

  it('gives instances public names, which lead to private addresses inside', () => {
    prod.template.hasResourceProperties('AWS::EC2::VPC', { EnableDnsHostnames: true, EnableDnsSupport: true });
    prod.template.hasResourceProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: true });
  });

  it('reaches S3 through an endpoint', () => {
    prod.template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  it('picks its zones without asking AWS', () => {
    const zones = resources(prod, 'AWS::EC2::Subnet').map(([, { Properties }]) =>
      JSON.stringify(Properties.AvailabilityZone),
    );
    expect(new Set(zones)).toEqual(new Set([0, 1, 2].map((index) => `{"Fn::Select":[${index},{"Fn::GetAZs":""}]}`)));
  });
});

describe('the registry', () => {
  it('is encrypted, asks for a password, has a replica in another zone, fails over, and evicts nothing', () => {
    prod.template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      AtRestEncryptionEnabled: true,
      TransitEncryptionEnabled: true,
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
      NumCacheClusters: 2,
    });
    const { Properties } = resource(prod, 'AWS::ElastiCache::ReplicationGroup', 'Registry');
    expect(text(Properties.AuthToken)).toMatch(/^\{\{resolve:secretsmanager:/);
    prod.template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction' },
    });
  });
});
