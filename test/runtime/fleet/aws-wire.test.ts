import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openFleet } from '../../../runtime/fleet';

/** Answers in turn, for each action of the query protocol; the last one stays. */
const answers = new Map<string, Answer[]>();
const asked: URLSearchParams[] = [];
interface Answer {
  readonly status: number;
  readonly body: string;
}

let server: Server;
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const query = new URLSearchParams(text);
      asked.push(query);
      const list = answers.get(query.get('Action') ?? '') ?? [];
      const answer = list.length > 1 ? list.shift() : list[0];
      response.writeHead(answer?.status ?? 400, { 'content-type': 'text/xml' }).end(answer?.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  answers.clear();
  asked.length = 0;
});

const actions = () => asked.map((query) => query.get('Action'));

const THROTTLED_EC2 = {
  status: 503,
  body: '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Slow down</Message></Error></Errors><RequestID>r</RequestID></Response>',
};
const THROTTLED = {
  status: 400,
  body: '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>',
};

const INSTANCES = {
  status: 200,
  body: `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>
<instanceState><code>16</code><name>running</name></instanceState><dnsName>ec2-1.example</dnsName><ipAddress>203.0.113.7</ipAddress>
<launchTime>2026-01-01T00:00:00.000Z</launchTime><placement><availabilityZone>ap-northeast-1a</availabilityZone></placement>
<tagSet><item><key>realtime-fleet:port</key><value>8080</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
};

const MEMBER = {
  status: 200,
  body: `<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult><AutoScalingInstances><member>
<InstanceId>i-1</InstanceId><AutoScalingGroupName>prod-realtime-game</AutoScalingGroupName><LifecycleState>InService</LifecycleState>
</member></AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>`,
};

describe('the fleet on AWS, over the wire', () => {
  it('finds its endpoint by AWS_ENDPOINT_URL, and asks again when it is throttled', async () => {
    answers.set('DescribeInstances', [THROTTLED_EC2, INSTANCES]);
    const found = await openFleet('aws:prod-realtime').describe('game');
    expect(found).toEqual([
      {
        nodeId: 'i-1',
        cluster: 'game',
        endpoint: 'http://ec2-1.example:8080',
        zone: 'ap-northeast-1a',
        launchedAtMs: Date.UTC(2026, 0, 1),
        state: 'running',
      },
    ]);
    expect(actions()).toEqual(['DescribeInstances', 'DescribeInstances']);
    expect(asked[0]?.get('Filter.1.Name')).toBe('tag:realtime-fleet:cluster');
    expect(asked[0]?.get('Filter.1.Value.1')).toBe('prod-realtime-game');
  });

  it.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('takes the region from %s', async (name) => {
    const { AWS_REGION: region } = process.env;
    delete process.env.AWS_REGION;
    process.env[name] = region;
    answers.set('DescribeInstances', [INSTANCES]);
    expect(await openFleet('aws:prod-realtime').describe('game')).toHaveLength(1);
    delete process.env.AWS_DEFAULT_REGION;
    process.env.AWS_REGION = region;
  });

  it('gives the order to terminate once: it is for the caller to look and try again', async () => {
    answers.set('DescribeAutoScalingInstances', [THROTTLED, MEMBER]);
    answers.set('TerminateInstanceInAutoScalingGroup', [THROTTLED]);
    await expect(openFleet('aws:prod-realtime').terminate('game', 'i-1')).rejects.toThrow('Rate exceeded');
    expect(actions()).toEqual([
      'DescribeAutoScalingInstances',
      'DescribeAutoScalingInstances',
      'TerminateInstanceInAutoScalingGroup',
    ]);
    expect(asked[2]?.get('ShouldDecrementDesiredCapacity')).toBe('true');
  });
});

describe('openFleet', () => {
  it.each(['', 'aws:', 'aws:no spaces', 'gcp:x', 'local:'])('refuses %j', (text) => {
    expect(() => openFleet(text)).toThrow();
  });
});
