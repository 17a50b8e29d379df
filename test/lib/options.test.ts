import { describe, expect, it } from '@jest/globals';
import { resource, resources, type Synthesised, synthesise, text } from './synthesised';

/** What the context can change. */

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const POOL = 'AWS::AutoScaling::WarmPool';
const SECRET = 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret';

function script(of: Synthesised, name: string): string {
  return text(resource(of, 'AWS::EC2::LaunchTemplate', name).Properties.LaunchTemplateData.UserData);
}

function setting(of: Synthesised, template: string, name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(script(of, template))?.[1];
}

/** What a role may do, as text. */
function policy(of: Synthesised, role: string): string {
  const policies = resources(of, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(`${role}Role`));
  return JSON.stringify(policies.map(([, { Properties }]) => Properties.PolicyDocument));
}

describe('Spot instances', () => {
  const spot = '{"share":0.7,"onDemandBase":2,"instanceTypes":["c6g.medium","m7g.medium"]}';
  const prod = () => synthesise({ 'clusters.game.spot': spot });

  it('are a share of the nodes beyond those on demand, of several types; other clusters have none', () => {
    const of = prod();
    const { Properties } = resource(of, GROUP, 'Game');
    expect(Properties).not.toHaveProperty('LaunchTemplate');
    expect(Properties.MixedInstancesPolicy).toMatchObject({
      InstancesDistribution: {
        OnDemandBaseCapacity: 2,
        OnDemandPercentageAboveBaseCapacity: 30,
        SpotAllocationStrategy: 'price-capacity-optimized',
      },
      LaunchTemplate: {
        Overrides: [{ InstanceType: 'c7g.medium' }, { InstanceType: 'c6g.medium' }, { InstanceType: 'm7g.medium' }],
      },
    });
    expect(resource(of, GROUP, 'Lobby').Properties).not.toHaveProperty('MixedInstancesPolicy');
  }, 60_000);

  it('are not ended by AWS on a guess, and protected like all others', () => {
    const { Properties, UpdatePolicy } = resource(prod(), GROUP, 'Game');
    expect(Properties).not.toHaveProperty('CapacityRebalance');
    expect(Properties.NewInstancesProtectedFromScaleIn).toBe(true);
    expect(UpdatePolicy).toBeUndefined();
  }, 60_000);
});

describe('a warm pool', () => {
  it('has stopped nodes, always as many, that nobody takes for nodes in service', () => {
    const of = synthesise({ 'clusters.game.warmPool.nodes': '5' });
    const pools = resources(of, POOL);
    expect(pools).toHaveLength(1);
    expect(pools[0]?.[1].Properties).toMatchObject({ MinSize: 5, MaxGroupPreparedCapacity: 5, PoolState: 'Stopped' });
    expect(setting(of, 'Game', 'WARM_POOL')).toBe('yes');
    expect(setting(of, 'Lobby', 'WARM_POOL')).toBeUndefined();
  }, 60_000);
});

describe('further clusters', () => {
  const chat =
    '{"program":"test/lib/options.test.ts","nodes":3,"probe":"http:9100","port":7000,"scaling":{"maximum":8}}';
  const prod = () => synthesise({ 'clusters.chat': chat });

  it('have a group of their own, which the balancers watch and may change', () => {
    const of = prod();
    expect(resource(of, GROUP, 'Chat').Properties).toMatchObject({
      AutoScalingGroupName: 'prod-realtime-chat',
      MinSize: '0',
      MaxSize: '10',
    });
    for (const balancer of ['BalancersFirst', 'BalancersSecond']) {
      expect(setting(of, balancer, 'CLUSTERS')).toBe('lobby,game,chat');
      expect(setting(of, balancer, 'PROBES')).toBe('chat=http:9100');
    }
    expect(setting(of, 'BalancersSecond', 'HOME_CLUSTERS')).toBe('game,chat');
    expect(policy(of, 'Balancers')).toContain('autoScalingGroupName/prod-realtime-chat');
  }, 60_000);

  it('open their own port to everybody, and the one that balancers ask to balancers only', () => {
    const of = prod();
    const { SecurityGroupIngress: open } = resource(of, 'AWS::EC2::SecurityGroup', 'Chat').Properties;
    expect(open).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 7000, ToPort: 7000 })]);
    const asked = resources(of, 'AWS::EC2::SecurityGroupIngress').filter(([id]) => id.startsWith('Chat'));
    expect(asked.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ FromPort: 9100, ToPort: 9100, SourceSecurityGroupId: expect.anything() }),
    ]);
    expect(text(asked[0]?.[1].Properties.SourceSecurityGroupId)).toContain('Balancers');
  }, 60_000);

  it('reach the registry only when they are told to', () => {
    expect(policy(prod(), 'Chat')).not.toContain('secretsmanager');
    const given = synthesise({ 'clusters.chat': chat, 'clusters.chat.registry': 'true' });
    expect(policy(given, 'Chat')).toContain('secretsmanager:GetSecretValue');
  }, 60_000);
});

describe('scaling', () => {
  it('reaches the balancers as it was configured', () => {
    const schedule = '[{"name":"the \'evening\'","from":"18:00","to":"23:00","zone":"Asia/Tokyo","atLeast":20}]';
    const of = synthesise({ 'clusters.game.scaling.schedule': schedule, 'clusters.lobby.scaling.minimum': '4' });
    for (const balancer of ['BalancersFirst', 'BalancersSecond']) {
      const given = Buffer.from(setting(of, balancer, 'SCALING') ?? '', 'base64').toString('utf8');
      expect(JSON.parse(given)).toMatchObject({
        lobby: { minimum: 4, maximum: 100 },
        game: { schedule: [{ name: "the 'evening'", atLeast: 20 }] },
      });
    }
  }, 60_000);

  it('leaves user data under 16 KB when it is as long as it may be', () => {
    const window = { from: '18:00', to: '23:00', zone: 'America/Argentina/Buenos_Aires', atLeast: 20 };
    const many = JSON.stringify(Array.from({ length: 24 }, () => window));
    const of = synthesise({ 'clusters.game.scaling.schedule': many });
    expect(Buffer.byteLength(script(of, 'BalancersFirst'))).toBeLessThan(16_384);
  }, 60_000);
});

describe('a domain', () => {
  const domain = {
    name: 'nodes.example.com',
    hostedZoneId: 'Z0123456789ABC',
    certificateSecretArn: `${SECRET}:nodes-AbCdEf`,
  };

  it('gives nodes the certificate, and no other secret than they had', () => {
    const of = synthesise({ domain: JSON.stringify(domain) });
    expect(script(of, 'Game')).toContain(`CERTIFICATE_SECRET=${domain.certificateSecretArn}`);
    const [, ...more] = policy(of, 'Game').split('secretsmanager:GetSecretValue');
    expect(more).toEqual([expect.stringContaining(domain.certificateSecretArn)]);
  }, 60_000);

  it('marks the instances that have names, and lets balancers write names of its own only', () => {
    const of = synthesise({ domain: JSON.stringify(domain) });
    expect(resource(of, 'AWS::AutoScaling::AutoScalingGroup', 'Game').Properties.Tags).toContainEqual({
      Key: 'realtime-fleet:names',
      PropagateAtLaunch: true,
      Value: 'nodes.example.com/Z0123456789ABC',
    });
    expect(policy(of, 'Balancers')).toContain('"*.nodes.example.com"');
    expect(['Lobby', 'Game'].map((role) => policy(of, role).includes('route53'))).toEqual([false, false]);
  }, 60_000);
});

describe('Slack', () => {
  it('is told by balancers, which alone may read the address', () => {
    const arn = `${SECRET}:slack-AbCdEf`;
    const of = synthesise({ 'alarms.slackSecretArn': arn });
    expect(script(of, 'BalancersFirst')).toContain(`SLACK_SECRET=${arn}`);
    expect(script(of, 'BalancersFirst')).toContain('SLACK_WEBHOOK_FILE=/run/realtime-fleet/slack');
    expect(['Balancers', 'Lobby', 'Game'].map((role) => policy(of, role).includes(arn))).toEqual([true, false, false]);
  }, 60_000);
});

describe("the project's own image", () => {
  it('is looked up by its parameter when an instance is launched, and balancers may ask which one it is', () => {
    const of = synthesise({ image: 'own', 'clusters.game.instanceType': 'c7i.large' });
    const image = (name: string) =>
      resource(of, 'AWS::EC2::LaunchTemplate', name).Properties.LaunchTemplateData.ImageId;
    expect(['Lobby', 'Game', 'BalancersFirst'].map(image)).toEqual([
      'resolve:ssm:/imagebuilder/prod-realtime/arm64',
      'resolve:ssm:/imagebuilder/prod-realtime/x86_64',
      'resolve:ssm:/imagebuilder/prod-realtime/arm64',
    ]);
    expect(policy(of, 'Balancers')).toContain(':parameter/imagebuilder/prod-realtime/*');
  }, 60_000);
});
