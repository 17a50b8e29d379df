import { beforeAll, describe, expect, it } from '@jest/globals';
import { tableMetric } from '../../lib/table-metric';
import { METRICS, type MetricName, metric } from '../../runtime/core/metrics';
import { alarmMetrics } from '../../runtime/doctor/cost';
import { resource, resources, type Synthesised, synthesise, text } from './synthesised';

const ALARM = 'AWS::CloudWatch::Alarm';
const NAMESPACE = 'realtime-fleet/prod-realtime';

const OTHER = { 'alarms.email': 'ops@example.com', 'logs.retentionDays': '7' };

let prod: Synthesised;
beforeAll(() => {
  prod = synthesise();
}, 60_000);

const names = Object.keys(METRICS) as MetricName[];

interface Query {
  readonly namespace: string;
  readonly name: string;
  readonly labels: readonly string[];
}

/** Every metric of ours that an alarm looks at. */
function watched(): Query[] {
  return resources(prod, ALARM).flatMap(([, { Properties }]) => {
    const plain = Properties.MetricName === undefined ? [] : [Properties];
    const math = (Properties.Metrics ?? []).flatMap((each: { MetricStat?: { Metric: unknown } }) =>
      each.MetricStat === undefined ? [] : [each.MetricStat.Metric],
    );
    return [...plain, ...math]
      .filter(({ Namespace }) => Namespace !== 'AWS/ElastiCache' && Namespace !== 'AWS/ApplicationELB')
      .map(({ Namespace, MetricName, Dimensions }) => ({
        namespace: Namespace,
        name: MetricName,
        labels: (Dimensions ?? []).map(({ Name }: { Name: string }) => Name).sort(),
      }));
  });
}

describe('alarms', () => {
  it('watch the pair, each cluster, and each member of the registry', () => {
    const cluster = ['NobodyOwns', 'Refused', 'AtMaximum', 'RedNodes', 'MassFailure', 'ScalingFailed'];
    const all = [
      ...['BalancerDown', 'NoData', 'RedisAway', 'PeerSilent', 'ApiFaults'],
      ...['Lobby', 'Game'].flatMap((name) => cluster.map((alarm) => `${alarm}${name}`)),
      ...['Memory1', 'Engine1', 'Memory2', 'Engine2'],
    ];
    const alarmNames = resources(prod, ALARM).map(([, { Properties }]) => Properties.AlarmName);
    const metrics = resources(prod, ALARM).flatMap(([, { Properties }]) =>
      (Properties.Metrics ?? [Properties]).filter((each: object) => !('Expression' in each)),
    );
    expect(metrics).toHaveLength(alarmMetrics(2, 2));
    expect(alarmNames.sort()).toEqual(all.map((name) => `prod-realtime-${name}`).sort());
  });

  it('look at metrics that balancers send, under the names and dimensions that they send them with', () => {
    expect(watched().length).toBeGreaterThan(10);
    for (const { namespace, name, labels } of watched()) {
      expect(namespace).toBe(NAMESPACE);
      expect(names).toContain(name);
      const { cloudWatch, labels: expected } = metric(name as MetricName);
      expect(cloudWatch).toBeDefined();
      expect(labels).toEqual([...expected].sort());
    }
  });

  it('are raised by silence where silence is the trouble, and never by a counter that counted nothing', () => {
    const thought = (id: string) => resource(prod, ALARM, `Monitoring${id}`).Properties.TreatMissingData;
    for (const id of ['NoData', 'NobodyOwnsLobby', 'NobodyOwnsGame']) expect(thought(id)).toBe('breaching');
    for (const id of ['RefusedGame', 'ScalingFailedGame', 'ApiFaults']) expect(thought(id)).toBe('notBreaching');
  });

  it('that silence raises are made after the balancers, which a first deploy has last: else it would begin with alarms', () => {
    for (const [, { DependsOn, Properties }] of resources(prod, ALARM)) {
      const groups = ['First', 'Second'].map((which) => expect.stringMatching(`^Balancers${which}GroupASG`));
      if (Properties.TreatMissingData !== 'breaching') expect(DependsOn).toBeUndefined();
      else expect(DependsOn).toEqual(expect.arrayContaining(groups));
    }
  });

  it('tell when they begin and when they are over, and say what to do', () => {
    for (const [, { Properties }] of resources(prod, ALARM)) {
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
      expect(Properties.AlarmDescription).toMatch(/[.:,] (Look|[Rr]aise|[Rr]ead|Choose|If|Else|It)|\bThe events say\b/);
      expect(Properties.AlarmDescription.length).toBeLessThanOrEqual(1_024);
    }
  });

  it('go to a topic of the stack that CloudWatch of this account may use, over TLS only', () => {
    const [[id] = ['']] = resources(prod, 'AWS::SNS::Topic');
    prod.template.allResourcesProperties(ALARM, { AlarmActions: [{ Ref: id }] });
    const [[, policy] = []] = resources(prod, 'AWS::SNS::TopicPolicy');
    const statements = policy?.Properties.PolicyDocument.Statement.map(
      (statement: { Effect: string; Condition: unknown; Principal: unknown }) => [
        statement.Effect,
        statement.Principal,
        statement.Condition,
      ],
    );
    expect(statements).toEqual(
      expect.arrayContaining([
        [
          'Allow',
          { Service: 'cloudwatch.amazonaws.com' },
          { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        ],
        ['Deny', '*', { Bool: { 'aws:SecureTransport': 'false' } }],
      ]),
    );
    prod.template.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  it('go to the topic that is given, or to an address', () => {
    const topicArn = 'arn:aws:sns:ap-northeast-1:123456789012:alarms';
    const given = synthesise({ 'alarms.topicArn': topicArn });
    given.template.allResourcesProperties(ALARM, { AlarmActions: [topicArn] });
    given.template.resourceCountIs('AWS::SNS::Topic', 0);
    synthesise(OTHER).template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  }, 60_000);
});

describe('the dashboard', () => {
  it('is named like the environment, and shows every metric that is sent, for each cluster', () => {
    const [[, { Properties }] = ['', { Properties: {} }]] = resources(prod, 'AWS::CloudWatch::Dashboard');
    expect(Properties.DashboardName).toBe('prod-realtime');
    const body = text(Properties.DashboardBody);
    for (const name of names.filter((each) => metric(each).cloudWatch !== undefined)) {
      expect(body).toContain(name);
      if (!metric(name).labels.includes('cluster')) continue;
      for (const cluster of ['lobby', 'game']) {
        expect(body).toMatch(new RegExp(`"${name}","cluster","${cluster}"|${name}[^{}]*cluster=[^{}]*${cluster}`));
      }
    }
  });
});

describe('a metric of the table in a template', () => {
  it('is refused when nobody would ever send it so', () => {
    const of = (labels: Record<string, string>) => ({ stack: 'test', labels, statistic: 'Sum' });
    expect(() => tableMetric('realtime_epoch', of({ cluster: 'game' }))).toThrow('is not sent to CloudWatch');
    expect(() => tableMetric('realtime_nodes', of({ cluster: 'game' }))).toThrow('has the labels cluster, state');
  });
});

describe('logs', () => {
  it('are kept for 30 days in a group for each cluster and one for the balancers, or as long as is said', () => {
    const groups = (synthesised: Synthesised) =>
      resources(synthesised, 'AWS::Logs::LogGroup')
        .map(([, { Properties }]) => [Properties.LogGroupName, Properties.RetentionInDays])
        .filter(([name]) => typeof name === 'string');
    const expected = (days: number) =>
      ['lobby', 'game', 'balancer'].map((of) => [`/realtime-fleet/prod-realtime/${of}`, days]);
    expect(groups(prod).sort()).toEqual(expected(30).sort());
    expect(groups(synthesise(OTHER)).sort()).toEqual(expected(7).sort());
  }, 60_000);

  it("go from the program's output to a file, and from there to the group that the role may write", () => {
    for (const [template, of] of [
      ['Lobby', 'lobby'],
      ['Game', 'game'],
      ['BalancersFirst', 'balancer'],
    ] as const) {
      const script = text(resource(prod, 'AWS::EC2::LaunchTemplate', template).Properties.LaunchTemplateData.UserData);
      const [, output] = /^StandardOutput=append:(\S+)$/m.exec(script) ?? [];
      const [, config = '{}'] = /logs\.json <<'END_OF_FILE'\n(.*)\nEND_OF_FILE/.exec(script) ?? [];
      expect(JSON.parse(config).logs.logs_collected.files.collect_list).toEqual([
        {
          file_path: output,
          log_group_name: `/realtime-fleet/prod-realtime/${of}`,
          log_stream_name: '{instance_id}',
        },
      ]);
      expect(script).toContain(`/etc/logrotate.d/realtime-fleet <<'END_OF_FILE'\n${output} {`);
      expect(script).toMatch(/systemctl enable --now --no-block .*realtime-fleet-logs\.service/);
    }
  });
});
