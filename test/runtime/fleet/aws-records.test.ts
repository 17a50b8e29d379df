import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { beforeEach, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { awsFleet } from '../../../runtime/fleet/aws';
import { Records } from '../../../runtime/fleet/aws-records';
import { eventually } from '../../support/eventually';

process.env.AWS_REGION = 'ap-northeast-1';

const route53 = mockClient(Route53Client);
const ec2 = mockClient(EC2Client);
beforeEach(() => {
  route53.reset();
  ec2.reset();
});

const record = (Name: string, Type: 'A' | 'CNAME' | 'TXT', Value: string) => ({
  ...{ Name, Type, TTL: 60 },
  ResourceRecords: [{ Value }],
});

it('reads the names of the domain, page after page, and no further', async () => {
  route53
    .on(ListResourceRecordSetsCommand)
    .resolvesOnce({
      ...{ IsTruncated: true, NextRecordName: 'b.nodes.example.com.', NextRecordType: 'CNAME', MaxItems: 300 },
      ResourceRecordSets: [
        record('nodes.example.com.', 'A', '203.0.113.1'),
        record('a.nodes.example.com.', 'A', '203.0.113.2'),
      ],
    })
    .resolvesOnce({
      ...{ IsTruncated: true, NextRecordName: 'zzz.example.com.', NextRecordType: 'A', MaxItems: 300 },
      ResourceRecordSets: [
        record('b.nodes.example.com.', 'CNAME', 'ec2-b.example'),
        record('c.nodes.example.com.', 'TXT', '"text"'),
        record('deep.d.nodes.example.com.', 'A', '203.0.113.3'),
      ],
    });
  expect(await new Records('Z1', 'nodes.example.com').list()).toEqual([
    { name: 'a.nodes.example.com', target: '203.0.113.2' },
    { name: 'b.nodes.example.com', target: 'ec2-b.example' },
  ]);
  const asked = route53.commandCalls(ListResourceRecordSetsCommand).map(({ args }) => args[0].input);
  expect(asked).toEqual([
    { HostedZoneId: 'Z1', StartRecordName: 'nodes.example.com' },
    { HostedZoneId: 'Z1', StartRecordName: 'b.nodes.example.com.', StartRecordType: 'CNAME' },
  ]);
});

it('gives a node with the tag its name, and players its endpoint by TLS once the name is known everywhere', async () => {
  const instance = (InstanceId: string, Tags: { Key: string; Value: string }[]) => ({
    ...{
      InstanceId,
      State: { Name: 'running' as const },
      LaunchTime: new Date(),
      PublicDnsName: `ec2-${InstanceId}.example`,
    },
    Tags: [{ Key: 'realtime-fleet:port', Value: '8080' }, ...Tags],
  });
  const named = instance('i-0000000a', [{ Key: 'realtime-fleet:names', Value: 'nodes.example.com/Z1' }]);
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [named, instance('i-0000000b', [])] }] });
  route53
    .on(ChangeResourceRecordSetsCommand)
    .resolves({ ChangeInfo: { Id: 'C1', Status: 'PENDING', SubmittedAt: new Date() } });
  route53.on(GetChangeCommand).resolves({ ChangeInfo: { Id: 'C1', Status: 'INSYNC', SubmittedAt: new Date() } });
  let nowMs = 0;
  const fleet = awsFleet({ stack: 'prod-realtime', nowMs: () => nowMs });
  const endpoints = async () => {
    nowMs += 2_000;
    return (await fleet.describe('game')).map(({ endpoint }) => endpoint);
  };
  // One that was started before the domain was configured goes on without a name, until it is replaced.
  expect(await endpoints()).toEqual([null, 'http://ec2-i-0000000b.example:8080']);
  await eventually(
    'it has its name',
    async () => (await endpoints())[0] === 'https://i-0000000a.nodes.example.com:8080',
  );
  expect(route53.commandCalls(ChangeResourceRecordSetsCommand)[0]?.args[0].input).toEqual({
    HostedZoneId: 'Z1',
    ChangeBatch: {
      Changes: [
        {
          Action: 'UPSERT',
          ResourceRecordSet: record('i-0000000a.nodes.example.com', 'CNAME', 'ec2-i-0000000a.example'),
        },
      ],
    },
  });
});
