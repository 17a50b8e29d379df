import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Resource, resources, type Synthesised, synthesise, text } from './synthesised';

/** Who can reach what, over the network and by permission. */

let prod: Synthesised;
beforeAll(() => {
  prod = synthesise();
}, 60_000);

describe('security groups', () => {
  /** `from → to:port` of everything that may come in. */
  function openings(): string[] {
    const own = resources(prod, 'AWS::EC2::SecurityGroup').flatMap(([id, { Properties }]) =>
      (Properties.SecurityGroupIngress ?? []).map((rule: Rule) => opening(rule.CidrIp ?? '', id, rule)),
    );
    const between = resources(prod, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) =>
      opening(text(Properties.SourceSecurityGroupId), text(Properties.GroupId), Properties),
    );
    return [...own, ...between].sort();
  }
  interface Rule {
    readonly CidrIp?: string;
    readonly IpProtocol: string;
    readonly FromPort: number;
    readonly ToPort: number;
  }
  function opening(from: string, to: string, rule: Rule): string {
    const name = (id: string) => id.replace(/SecurityGroup.*$/, '').replace(/^\$\{/, '');
    return `${name(from)} → ${name(to)}:${rule.IpProtocol}:${rule.FromPort}-${rule.ToPort}`;
  }

  it('open exactly what is documented, and never port 22', () => {
    expect(openings()).toEqual([
      '0.0.0.0/0 → Api:tcp:80-80',
      '0.0.0.0/0 → Game:tcp:8080-8080',
      '0.0.0.0/0 → Lobby:tcp:8080-8080',
      'Api → Balancers:tcp:8080-8080',
      'Balancers → Balancers:tcp:9090-9090',
      'Balancers → Registry:tcp:6380-6380',
      'Lobby → Registry:tcp:6380-6380',
    ]);
  });
});

describe('roles', () => {
  interface Statement {
    readonly Action: string | string[];
    readonly Resource: unknown;
  }
  /** `action resource` of everything that a role may do. */
  function permissions(role: string): string[] {
    const policies = resources(prod, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      Properties.Roles.some((name: unknown) => text(name).startsWith(`\${${role}Role`)),
    );
    const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
    return policies.flatMap(([, { Properties }]: [string, Resource]) =>
      Properties.PolicyDocument.Statement.flatMap((statement: Statement) =>
        list(statement.Action).flatMap((action) => list(statement.Resource).map((on) => `${action} ${text(on)}`)),
      ),
    );
  }

  it('of game nodes read their program and the public keys, and write their own logs: no secret at all', () => {
    const actions = permissions('Game').map((permission) => permission.replace(/ .*/, ''));
    expect(actions.filter((action) => !action.startsWith('ssmmessages:')).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      'ssm:GetParameter',
      'ssm:UpdateInstanceInformation',
    ]);
  });

  it('of lobby nodes read the password of the registry besides, and no other secret', () => {
    const secrets = permissions('Lobby').filter((permission) => permission.startsWith('secretsmanager:'));
    expect(secrets).toEqual([expect.stringMatching(/^secretsmanager:GetSecretValue \$\{RegistryPassword/)]);
  });

  it('fetch one object of S3: the program', () => {
    for (const role of ['Game', 'Lobby', 'Balancers']) {
      const objects = permissions(role).filter((permission) => permission.startsWith('s3:'));
      expect(objects).toEqual([expect.stringMatching(/^s3:GetObject .*\/[0-9a-f]{64}\.js$/)]);
    }
  });

  it('of balancers change the groups of nodes, and no others', () => {
    const changes = permissions('Balancers').filter((permission) => /^autoscaling:(?!Describe)/.test(permission));
    expect(changes).toHaveLength(6);
    for (const change of changes) expect(change).toMatch(/:autoScalingGroupName\/prod-realtime-(lobby|game)$/);
  });

  it('of balancers send metrics to the namespace of the environment, and no other role does', () => {
    const statements = resources(prod, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      Properties.PolicyDocument.Statement.map((statement: Statement & { Condition?: unknown }) => ({ id, statement })),
    );
    const sending = statements.filter(({ statement }) => statement.Action === 'cloudwatch:PutMetricData');
    expect(sending).toHaveLength(1);
    expect(sending[0]?.id).toMatch(/^BalancersRole/);
    expect(sending[0]?.statement.Condition).toEqual({
      StringEquals: { 'cloudwatch:namespace': 'realtime-fleet/prod-realtime' },
    });
  });

  it('write logs into the group of their own kind only', () => {
    for (const role of ['Game', 'Lobby', 'Balancers']) {
      const writes = permissions(role).filter((permission) => permission.startsWith('logs:'));
      expect(writes).toHaveLength(2);
      for (const write of writes) expect(write).toMatch(new RegExp(`\\$\\{${role}Logs\\w+\\.Arn\\}$`));
    }
  });

  it('use no policy of AWS, which would let them read every parameter', () => {
    for (const [id, { Properties }] of resources(prod, 'AWS::IAM::Role')) {
      if (!id.startsWith('AWS679f')) expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });
});
